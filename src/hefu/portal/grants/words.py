"""How pages call what the grants room and the tickets hold."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext

from hefu.dataplane import checks
from hefu.dataplane.checks import Check
from hefu.kernel.words import _
from hefu.rooms.grants.terms import GrantStatus

#: Status → colour.
COLOURS = {
    GrantStatus.WAITING: "waiting",
    GrantStatus.ACTIVE: "good",
    GrantStatus.SUSPENDED: "soon",
    GrantStatus.REVOKED: "bad",
    GrantStatus.EXPIRED: "off",
}

#: Kind of a check → marked name.
CHECK_NAMES = {
    "not_null": _("has a value"),
    "unique_key": _("no other row has the same key"),
    "credit_code": _("a unified social credit code"),
    "citizen_id": _("a citizen identity number"),
    "code_set": _("one of the listed codes"),
    "date_range": _("a possible day in the range"),
    "pattern": _("matches the pattern"),
}


def check_in_words(check: Check, names: Mapping[str, str] | None = None) -> str:
    """Return what a row must fulfil, as people say it; `names` gives the names of columns."""
    columns = _named(checks.columns_of(check), names)
    said = gettext(CHECK_NAMES[checks.KINDS[type(check)]])
    more = _more(check)
    told = gettext("{columns}: {check}").format(columns=columns, check=said)
    return f"{told} ({more})" if more else told


def _more(check: Any) -> str:
    match check:
        case checks.CodeSet():
            shown = gettext(", ").join(check.codes[:8])
            return f"{shown}…" if len(check.codes) > 8 else shown
        case checks.DateRange():
            return f"{check.low or ''} – {check.high or ''}"
        case checks.Pattern():
            return check.pattern
    return ""


def reason_in_words(reason: str, names: Mapping[str, str] | None = None) -> str:
    """Return why a row was rejected: `citizen_id(id_number)` as people say it; `names` gives the columns' names."""
    kind, _bracket, columns = reason.rstrip(")").partition("(")
    if kind not in CHECK_NAMES:
        return reason
    named = _named(columns.split(","), names)
    return gettext("{columns} is not: {check}").format(columns=named, check=gettext(CHECK_NAMES[kind]))


def _named(columns: Iterable[str], names: Mapping[str, str] | None) -> str:
    known = names or {}
    return gettext(", ").join(known.get(column, column) for column in columns)
