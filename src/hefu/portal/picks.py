"""Rows that are chosen to be dealt with together: a box before the name, belonging to the form below the list."""

from uuid import UUID

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext


def picked(pk: UUID, name: str, address: str, *, form: str, under: str = "", chosen: bool = False) -> SafeString:
    """Return the cell of a row: its box, ticked when it was chosen, its name as a link, and what stands under it."""
    return format_html(
        '<label class="pick"><input class="form-check-input" type="checkbox" name="pick" value="{0}" form="{1}"{6}>'
        '<span class="visually-hidden">{2}</span></label> <a href="{3}">{4}</a>{5}',
        pk,
        form,
        gettext("Choose {name}").format(name=name),
        address,
        name,
        format_html(' <small class="under">{}</small>', under) if under else "",
        " checked" if chosen else "",
    )
