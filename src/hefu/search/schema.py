"""The fields of the index, and how a document is written into them."""

from collections.abc import Sequence
from datetime import UTC

import tantivy

from hefu.kernel.hashing import sha256
from hefu.search.cutting import name_terms, terms
from hefu.search.folding import fold
from hefu.search.sounds import order_of, sounds
from hefu.search.terms import FACETS, TOGETHER, Document

#: Rises with every change of what is written; an index of another number is made anew.
VERSION = 5
#: Fields of terms with their numbers, for ranking.
RANKED = ("name", "items", "body")
#: Fields of terms without.
PLAIN = ("sound", "code")
#: Whole numbers, to sort by.
NUMBERS = ("published", "uses", "order")
#: Between the facets of a combination, and between the values of one of them.
BETWEEN_FACETS, BETWEEN_VALUES = "\x1e", "\x1f"
#: Items of one entry that are indexed; beyond, only their number differs.
_MOST_ITEMS = 400
#: Stands before a whole name, so that the entry of exactly this name comes first.
WHOLE = "="


def schema() -> tantivy.Schema:
    """Return the fields."""
    made = tantivy.SchemaBuilder()
    made.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    for name in RANKED:
        made.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    for name in PLAIN:
        made.add_text_field(name, tokenizer_name="whitespace", index_option="basic")
    for name in FACETS:
        made.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    for names in TOGETHER:
        made.add_text_field(combined(names), fast=True, tokenizer_name="raw", index_option="basic")
    made.add_text_field("month", tokenizer_name="raw", index_option="basic")
    for name in NUMBERS:
        made.add_unsigned_field(name, indexed=name == "published", fast=True)
    return made.build()


def combined(names: Sequence[str]) -> str:
    """Return the field that holds the values of these facets in one."""
    return "with_" + names[0]


def whole(name: str) -> str:
    """Return the one term that stands for a whole name."""
    return WHOLE + sha256("".join(fold(name).split()).encode())[:20]


def written(told: Document) -> tantivy.Document:
    """Return a document as tantivy takes it."""
    items = told.items[:_MOST_ITEMS]
    codes = [code for item_code in told.item_codes[:_MOST_ITEMS] for code in terms(item_code)]
    name, listed = name_terms(told.name), " ".join(map(name_terms, items))
    providers = " ".join(map(name_terms, told.providers))
    body = (name, listed, providers, *codes, *terms(told.abstract), *(name_terms(one) for one in told.others))
    made = tantivy.Document()
    made.add_text("id", str(told.id))
    made.add_text("name", f"{whole(told.name)} {name}")
    made.add_text("items", listed)
    made.add_text("body", " ".join(body))
    made.add_text("sound", " ".join(map(sounds, (told.name, *told.providers, *items))))
    made.add_text("code", " ".join("".join(fold(code).split()) for code in told.codes))
    for facet, values in told.facets.items():
        for value in values:
            made.add_text(facet, value)
    for names in TOGETHER:
        each = (BETWEEN_VALUES.join(told.facets.get(name, ())) for name in names)
        made.add_text(combined(names), BETWEEN_FACETS.join(each))
    if told.published_at:
        made.add_text("month", f"{told.published_at.astimezone(UTC):%Y-%m}")
    made.add_unsigned("published", instant(told.published_at.timestamp() if told.published_at else 0))
    made.add_unsigned("uses", told.uses)
    made.add_unsigned("order", order_of(told.name))
    return made


def instant(seconds: float) -> int:
    """Return an instant in milliseconds, as the index keeps it."""
    return max(0, round(seconds * 1000))
