"""What a person must do today, by seat: each line counts what waits and leads there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from hefu.kernel.actor import Actor, Role
from hefu.kernel.words import _
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.deliveries import queries as deliveries
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.grants import queries as grants
from hefu.rooms.grants.terms import GrantStatus
from hefu.rooms.requests import queries as requests
from hefu.rooms.upkeep import queries as upkeep
from hefu.rooms.upkeep.terms.cases import PairStatus


@dataclass(frozen=True)
class Todo:
    """One line of what waits."""

    count: int
    #: Marked words.
    words: str
    icon: str
    address: str


@dataclass(frozen=True)
class _Kind:
    roles: tuple[Role, ...]
    rows: Callable[[Actor], QuerySet[Any]]
    words: str
    icon: str
    route: str
    asked: str = ""


def _own_grants(actor: Actor) -> QuerySet[Any]:
    return grants.grants(viewer=actor, status=GrantStatus.WAITING, department_id=actor.department_id)


_OFFICE = (Role.OFFICER, Role.CHIEF)

_KINDS = (
    _Kind(
        (*_OFFICE, Role.REVIEWER),
        lambda a: requests.to_decide(viewer=a),
        _("requests to answer"),
        "request",
        "requests:list",
        "?scope=decide",
    ),
    _Kind(
        (Role.REVIEWER,),
        lambda a: requests.to_consent(viewer=a),
        _("wishes for more time to answer"),
        "clock",
        "requests:list",
        "?scope=consent",
    ),
    _Kind(
        (Role.REVIEWER,),
        lambda a: catalog.to_review(viewer=a),
        _("entries to review"),
        "review",
        "upkeep:desk",
    ),
    _Kind(
        (Role.REVIEWER,),
        lambda a: catalog.withdrawals_to_review(viewer=a),
        _("withdrawals of entries to review"),
        "review",
        "upkeep:desk",
    ),
    _Kind(
        (Role.REVIEWER,),
        lambda a: upkeep.pairs(viewer=a, status=PairStatus.OPEN),
        _("pairs of like entries to settle"),
        "table",
        "upkeep:duplicates",
        "?status=open",
    ),
    _Kind(
        (Role.REVIEWER, Role.CHIEF),
        lambda a: upkeep.needs_to_answer(viewer=a),
        _("needs outside the catalogue to answer"),
        "request",
        "upkeep:needs",
    ),
    _Kind(
        (Role.REVIEWER,),
        lambda a: grants.idle(viewer=a),
        _("grants that nobody used for too long"),
        "grant",
        "grants:list",
        "?scope=idle",
    ),
    _Kind(
        _OFFICE,
        lambda a: requests.to_complete(viewer=a),
        _("requests to complete, sign off and hand in"),
        "edit",
        "requests:list",
        "?scope=complete",
    ),
    _Kind(
        _OFFICE,
        lambda a: catalog.to_write(viewer=a),
        _("entries being written or returned"),
        "catalog",
        "catalog:own",
    ),
    _Kind(
        _OFFICE,
        lambda a: upkeep.comments_to_settle(viewer=a),
        _("comments on your drafts to look at or answer"),
        "people",
        "upkeep:rounds",
    ),
    _Kind(
        _OFFICE,
        _own_grants,
        _("grants that wait for a table or a place of delivery"),
        "grant",
        "grants:list",
        "?status=waiting",
    ),
    _Kind(
        (*_OFFICE, Role.OPERATOR),
        lambda a: deliveries.deliveries(viewer=a, status=DeliveryStatus.FAILED),
        _("deliveries that failed"),
        "alert",
        "deliveries:list",
        "?status=failed",
    ),
    _Kind(
        (*_OFFICE, Role.OPERATOR),
        lambda a: deliveries.alarmed(viewer=a),
        _("tables that are not kept in step"),
        "overdue",
        "deliveries:list",
        "?scope=alarm",
    ),
)


def waiting(actor: Actor) -> list[tuple[_Kind, QuerySet[Any]]]:
    """Return what could wait for `actor`, each with the rows to count."""
    return [(kind, kind.rows(actor)) for kind in _KINDS if actor.has(*kind.roles)]


def todo(kinds: list[tuple[_Kind, QuerySet[Any]]], counts: list[int]) -> list[Todo]:
    """Return what waits, without what does not; `counts` are those of `kinds`, in their order."""
    return [
        Todo(count, kind.words, kind.icon, reverse(kind.route) + kind.asked)
        for (kind, _rows), count in zip(kinds, counts, strict=True)
        if count
    ]
