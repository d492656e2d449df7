"""Every form in which the catalogue leaves as a file: one door for the command, the page and the interface."""

from enum import StrEnum
from typing import IO, TYPE_CHECKING

from hefu.kernel.actor import Actor
from hefu.protocols.dcat.export import export as export_dcat
from hefu.protocols.dcat.wire import Syntax
from hefu.rooms.catalog import queries
from hefu.rooms.catalog.exporting import exported, write_csv, write_json, write_sheet
from hefu.rooms.upkeep import queries as upkeep
from hefu.search.terms import Question

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from hefu.rooms.catalog.models import Entry


class Form(StrEnum):
    """The form of an export, as the ending of its file."""

    #: The guide's sheet.
    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"
    TURTLE = "ttl"
    JSON_LD = "jsonld"
    RDF_XML = "rdf"


MEDIA_TYPES = {
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Form.CSV: "text/csv; charset=utf-8",
    Form.JSON: "application/json; charset=utf-8",
    Form.TURTLE: "text/turtle; charset=utf-8",
    Form.JSON_LD: "application/ld+json; charset=utf-8",
    Form.RDF_XML: "application/rdf+xml; charset=utf-8",
}

_SYNTAXES = {syntax.ending: syntax for syntax in Syntax}


def chosen(question: Question, *, viewer: Actor) -> "QuerySet[Entry]":
    """Return the entries that a search finds, all of them, by code: what the page shows is what the file holds.

    The index says which these are; where it cannot, the database finds by the same words and choices.
    """
    ids = queries.found_ids(question, viewer=viewer)
    if ids is None:
        return queries.matching(question, viewer=viewer).order_by("code")
    return queries.entries(viewer=viewer, order="code").filter(pk__in=list(ids))


def export(found: "QuerySet[Entry]", form: Form, *, base: str, title: str, viewer: Actor, output: IO[bytes]) -> None:
    """Write a list of entries as a file, entry by entry.

    Args:
        found: What a scoped read of the catalogue returned.
        form: Of the file.
        base: Address of the node without a stroke at the end, for graphs.
        title: Of the catalogue, for graphs.
        viewer: Who exports.
        output: Where it goes.

    Raises:
        TooLongForSheet: A workbook cannot hold the list.
    """
    if form.value in _SYNTAXES:
        export_dcat(found, syntax=_SYNTAXES[form.value], base=base, title=title, viewer=viewer, output=output)
        return
    profile = queries.node_profile()
    if form is Form.XLSX:
        write_sheet(exported(found, sources_of=upkeep.sources_of), profile, output)
        return
    for part in (write_csv if form is Form.CSV else write_json)(exported(found, sources_of=upkeep.sources_of), profile):
        output.write(part.encode())
