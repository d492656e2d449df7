"""The words of importing: what a person states for a whole file, why a row is refused, what an import did."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from hefu.kernel.words import _
from hefu.rooms.catalog.terms import Channel, Grade, Secrecy, ShareType

#: Bytes of a file that waits in the database.
LARGEST_INTAKE = 50 * 1024 * 1024


class IntakeStatus(StrEnum):
    """Where a file on its way into the catalogue stands."""

    #: On its way here from another site, page by page.
    FETCHING = "fetching"
    #: Brought; a person says what its columns mean.
    BROUGHT = "brought"
    #: What it would change is being worked out.
    COMPARING = "comparing"
    #: A person sees what it would change, and decides.
    COMPARED = "compared"
    #: Going in, a thousand rows at a time.
    RUNNING = "running"
    DONE = "done"
    #: Somebody stopped it; what had gone in stays.
    STOPPED = "stopped"
    #: It could not go on; the fault says why.
    FAILED = "failed"


INTAKE_STATUS_NAMES = {
    IntakeStatus.FETCHING: _("being fetched"),
    IntakeStatus.BROUGHT: _("brought"),
    IntakeStatus.COMPARING: _("being compared"),
    IntakeStatus.COMPARED: _("compared"),
    IntakeStatus.RUNNING: _("being taken in"),
    IntakeStatus.DONE: _("taken in"),
    IntakeStatus.STOPPED: _("stopped"),
    IntakeStatus.FAILED: _("failed"),
}
#: Statuses in which a worker is at it.
AT_WORK = frozenset({IntakeStatus.FETCHING, IntakeStatus.COMPARING, IntakeStatus.RUNNING})
#: Statuses in which nothing more will happen and the file is let go.
OVER = frozenset({IntakeStatus.DONE, IntakeStatus.STOPPED, IntakeStatus.FAILED})


@dataclass(frozen=True)
class SitePage:
    """One page of another site, read."""

    #: Records under names that importing knows, each with its `identifier`.
    records: list[dict[str, Any]]
    #: How many the page had, also what is no record: where the next page begins.
    count: int
    #: How many the site says there are; 0 when it does not say.
    total: int


class Settled(StrEnum):
    """What became of a row in quarantine."""

    #: It was put right and went in.
    TAKEN = "taken"
    #: Somebody decided that it does not go in; it stays readable.
    SET_ASIDE = "set_aside"
    #: A newer file brought the same row again, where it waits now.
    REPEATED = "repeated"


SETTLED_NAMES = {
    Settled.TAKEN: _("mended and taken in"),
    Settled.SET_ASIDE: _("set aside"),
    Settled.REPEATED: _("brought again by a newer file"),
}


@dataclass(frozen=True)
class NewProvider:
    """A department to register because an imported catalogue names it."""

    #: As the provider column writes it.
    name: str
    credit_code: str
    #: Division code.
    place: str
    short_name: str = ""


@dataclass(frozen=True)
class Defaults:
    """What an import says for rows whose file does not say it. Stated by a person, kept on record."""

    share_type: ShareType | None = None
    share_condition: str = ""
    share_scope: str = ""
    class_code: str = "3"
    grade: Grade | None = None
    secrecy: Secrecy | None = None
    channels: tuple[Channel, ...] = ()


@dataclass(frozen=True)
class Reason:
    """Why a row was not taken in."""

    #: Key of `REASONS`.
    code: str
    #: What its sentence names.
    facts: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the form in which bad rows keep it."""
        return {"code": self.code, "facts": self.facts}


#: The sentence of each reason; {facts} are filled in when it is shown.
REASONS = {
    "no_name": _("The row has no name."),
    "name_too_long": _("The name has {length} characters; 200 are allowed."),
    "no_provider": _("The row names no provider."),
    "provider_unknown": _(
        "{provider} is not registered here by that name. Say which department it is, or have it registered."
    ),
    "provider_ambiguous": _("{provider} could be more than one department. Say which, then import again."),
    "not_yours": _("{provider} is another department. Only the data authority imports for others."),
    "value_unknown": _("“{value}” is no value of {field}. It is not guessed, because the law hangs on it."),
    "share_type_missing": _("The row does not say how it is shared. State it for the whole file, or add a column."),
    "basis_missing": _("Not shared, but without reason, kind and title of the basis (decree 809 art. 15)."),
    "basis_not_enough": _("“{basis}” is not of the rank that can keep data back ({source})."),
    "secret": _("What is secret is not catalogued here (decree 809 art. 3)."),
    "same_key": _("Row {row} has the same code, address or name but says something else."),
    "in_review": _("Entry {code} is in review now. Import again when the authority has decided."),
    "withdrawn": _("Entry {code} was withdrawn. Draft a new entry if the data is back."),
    "fault": _("The field {field} has not the form it needs."),
}


def unknown_offices(reasons: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the provider names, as the file writes them, for which a row with these reasons waits."""
    waiting = ("provider_unknown", "provider_ambiguous")
    return [reason["facts"]["provider"] for reason in reasons if reason["code"] in waiting]


@dataclass(frozen=True)
class ImportPlan:
    """What an import would do, worked out before anything is written."""

    rows: int
    taken: int
    changed: int
    unchanged: int
    repeated: int
    refused: int
    #: Entries that an earlier file of the same source brought and this one does not name.
    gone: int
    unknown_providers: dict[str, int]
    notes: dict[str, int]
    #: Reason → rows.
    reasons: dict[str, int]
    #: The first of each kind, for reading: `taken`, `changed`, `gone`, `refused`.
    first: dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class ImportReport:
    """What an import did."""

    #: The batch on record; the earlier one when the same file changed nothing.
    batch_id: UUID
    rows: int
    taken: int
    changed: int
    unchanged: int
    #: Rows that say again what an earlier row of the file said.
    repeated: int
    refused: int
    #: Provider name as the file writes it → rows that wait for its registration.
    unknown_providers: dict[str, int]
    #: Field → rows whose value nobody could read; the row went in without it.
    notes: dict[str, int]
