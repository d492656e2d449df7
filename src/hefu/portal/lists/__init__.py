"""Lists, declared: columns, filters, facet counts, search, sorting, keyset pages, column choice and export."""

from hefu.portal.lists.columns import Align, Column
from hefu.portal.lists.filters import Between, Facet, Option
from hefu.portal.lists.listing import Empty, Listing
from hefu.portal.lists.respond import list_page

__all__ = ["Align", "Between", "Column", "Empty", "Facet", "Listing", "Option", "list_page"]
