"""What a library may share on of each field: as far as the departments whose columns are in it share them."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from hefu.kernel.actor import system
from hefu.kernel.citation import Citation
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog.terms import ShareType, Status
from hefu.rooms.clocks import queries as clocks
from hefu.rooms.holdings import decide
from hefu.rooms.holdings.models import Holding, Library, LibraryConsent
from hefu.rooms.holdings.terms import ART_25, ONWARD_RULE, FieldShare, SourceColumn
from hefu.rooms.resources import queries as resources

_PLATFORM = system("holdings")


def shares(found: Library, *, on: date) -> tuple[FieldShare, ...]:
    """Return the subject and the fields of a library that was looked up for its viewer, with what it may share on.

    They are those of its version, and before the first those that are stated. Each source is told as it is shared
    today, whatever it was when it was collected.
    """
    stated = found.assembled or {"subject": found.subject, "parts": found.parts, "fields": found.fields}
    columns = _Columns(found, [part["holding"] for part in stated["parts"]], on)
    subject = [(part["holding"], part["subject"]) for part in stated["parts"]]
    fields = [(field["name"], [(name, column) for name, column in field["sources"]]) for field in stated["fields"]]
    return tuple(
        decide.share_of(name, [columns.of(*source) for source in sources])
        for name, sources in [(stated["subject"], subject), *fields]
    )


def kept_back(found: Library, *, on: date, stated: bool = False) -> SourceColumn | None:
    """Return a column that a library takes though its department does not share it; None when there is none.

    Args:
        found: The library; it need not be saved yet.
        on: The day.
        stated: Whether what is stated counts, and not what its version was assembled by.
    """
    told = found.assembled if found.assembled and not stated else {"parts": found.parts, "fields": found.fields}
    columns = _Columns(found, [part["holding"] for part in told["parts"]], on)
    taken = [(part["holding"], column) for part in told["parts"] for column in (part["subject"], part["changed"])]
    taken += [(name, column) for field in told["fields"] for name, column in field["sources"]]
    seen = (columns.of(*one) for one in taken if one[1])
    return next((one for one in seen if one.share_type is ShareType.NONE and not one.own), None)


class _Columns:
    """The columns of a library's holdings, each holding looked at once."""

    def __init__(self, library: Library, numbers: Iterable[str], on: date) -> None:
        rows = Holding.objects.filter(number__in=list(numbers)).select_related("entry", "department")
        self._holdings = {row.number: row for row in rows}
        self._keeper, self._on = library.department_id, on
        given = LibraryConsent.objects.filter(library=library, withdrawn_at__isnull=True)
        self._agreed = {(one.holding_id, column) for one in given for column in one.columns}
        self._shared: dict[UUID, dict[str, str]] = {}

    def of(self, number: str, column: str) -> SourceColumn:
        """Return one column."""
        row = self._holdings[number]
        shared = self._of_entry(row).get(column) or row.entry.share_type
        gone = row.entry.status != Status.PUBLISHED or not shared
        passing_on, source = self._law(row.department.place)
        return SourceColumn(
            holding=number,
            column=column,
            entry=row.entry.code,
            entry_name=row.entry.name,
            department=row.department.name,
            share_type=None if gone else ShareType(shared),
            own=row.department_id == self._keeper,
            agreed=(row.pk, column) in self._agreed,
            passing_on=passing_on,
            source=source,
        )

    def _of_entry(self, row: Holding) -> dict[str, str]:
        """Return column → sharing type of the item that it holds, where that differs from the entry's."""
        if row.pk not in self._shared:
            resource = resources.resource_for_entry(row.entry_id, viewer=_PLATFORM)
            held_in = resources.columns_of(resource) if resource else {}
            items = catalog.items_of(catalog.entry(row.entry_id, viewer=_PLATFORM))
            self._shared[row.pk] = {held_in[item.pk]: item.share_type for item in items if item.pk in held_in}
        return self._shared[row.pk]

    def _law(self, place: str) -> tuple[str, Citation]:
        rules = clocks.rules_at(place)
        if not rules.has(ONWARD_RULE, on=self._on):
            return "", ART_25
        said = rules.choice(ONWARD_RULE, on=self._on)
        return said.value, said.source
