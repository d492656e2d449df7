"""The law's own words in the reader's language, and the names of its states."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from hefu.kernel.citation import Citation
from hefu.kernel.identifiers.fault import IdentifierFault
from hefu.kernel.words import _
from hefu.law import load
from hefu.law.coverage import ClauseState
from hefu.law.places import NATION, significant
from hefu.law.saying import said
from hefu.law.terms import Language, OnExpiry, State
from hefu.portal import shows
from hefu.portal.words import in_chinese

CLAUSE_STATES = {
    ClauseState.ENFORCED: _("enforced"),
    ClauseState.TIMED: _("timed"),
    ClauseState.RECORDED: _("recorded"),
    ClauseState.EVIDENCED: _("evidenced"),
    ClauseState.SETTING: _("office setting"),
    ClauseState.OUTSIDE: _("outside software"),
    ClauseState.OPEN: _("open"),
}

#: Colour of a clause's state.
CLAUSE_COLOURS = {ClauseState.OUTSIDE: "off", ClauseState.OPEN: "waiting"}

VALUE_STATES = {
    State.ENDED.value: _("ended"),
    State.SILENT.value: _("the text gives no figure"),
    State.LOST.value: _("this part of the text is lost"),
}

ON_EXPIRY_NAMES = {
    OnExpiry.ESCALATE: _("the case goes up to the data authority"),
    OnExpiry.LAPSE: _("the right or the result ends"),
    OnExpiry.NOTHING: _("nothing by itself"),
}


def language() -> Language:
    """Return the reader's language as the law takes it."""
    return Language.ZH if in_chinese() else Language.EN


def words(both: Mapping[str, str] | None) -> str:
    """Return words that the law gives in both languages, in the reader's."""
    return said(dict(both), language()) if both else ""


def article(citation: Mapping[str, Any] | None) -> str:
    """Return a citation of `hefu.law.tables` as people write it."""
    return shows.article(Citation(**citation)) if citation else ""


def own_place() -> str:
    """Return the node's own place, as the packs write it; the whole country when none is configured."""
    try:
        return significant(settings.HEFU.place or NATION)
    except IdentifierFault:
        return NATION


def places() -> dict[str, str]:
    """Return place → name: the node's own, and every place that has a pack."""
    found = {pack.place: pack.ref.title.in_(language()) for pack in load.shipped()}
    own = own_place()
    return found if own in found else {own: settings.HEFU.node_name, **found}
