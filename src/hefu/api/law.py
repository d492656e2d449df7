"""The law for programs: rules explained on a day, working days, clauses, and which periods run as clocks."""

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from hefu.kernel.identifiers.fault import IdentifierFault
from hefu.kernel.refusal import NotFound
from hefu.law import coverage, running, tables
from hefu.law.places import NATION, significant
from hefu.law.register import register
from hefu.rooms.clocks import queries as clock_queries

router = Router(tags=["law"])


class Asked(Schema):
    """A rule on a day."""

    on: date = Field(description="Day of the event: receipt, agreement, …")
    at: str = Field(NATION, max_length=12, description="Division code of the place; 00 is the whole country.")
    chosen_on: date | None = Field(None, description="Day that picks the value, if another.")
    against: str = Field("", max_length=12, description="Another place, whose answer is set beside it.")


class Narrowing(Schema):
    """Which clauses; what is not said does not narrow."""

    document: str = Field("", max_length=60)
    state: coverage.ClauseState | None = None


@router.get("/packs", response=list[dict[str, Any]], summary="The regulation packs")
def packs(request: HttpRequest) -> list[dict[str, Any]]:
    """Return each pack: place, documents, rules, when a person last compared it with the law."""
    del request
    return tables.packs()


@router.get("/rules", response=list[dict[str, Any]], summary="The rules of a place on a day")
def rules(request: HttpRequest, on: date, at: str = NATION) -> list[dict[str, Any]]:
    """Return every rule that the packs of a place know, with its answer or why there is none."""
    del request
    return tables.rules(_place(at), on)


@router.get("/explain/{rule}", response=dict[str, Any], summary="A rule explained on a day")
def explain(request: HttpRequest, rule: str, asked: Query[Asked]) -> dict[str, Any]:
    """Return value, article, who set it, the count day by day, and what another pack would answer.

    Counted with the holiday notices that this node took in, which are named under `notices`.
    """
    del request
    if rule not in register().rules:
        raise NotFound(what="rule", key=rule)
    place = _place(asked.at)
    other = _place(asked.against) if asked.against else (NATION if place != NATION else None)
    notices = clock_queries.notices_in_force()
    found = tables.explain_rule(
        rule, place=place, on=asked.chosen_on or asked.on, starts=asked.on, against=other, notices=notices
    )
    return {**found, "notices": [one.notice for one in notices]}


@router.get("/workdays/{int:year}", response=list[dict[str, Any]], summary="The days of a year")
def workdays(request: HttpRequest, year: int, at: str = NATION) -> list[dict[str, Any]]:
    """Return each day with whether offices of the place work, and why, by the holiday notices that this node has."""
    del request
    return tables.workdays(year, _place(at), clock_queries.notices_in_force())


@router.get("/coverage", response=list[dict[str, Any]], summary="What is done about each clause")
def clauses(request: HttpRequest, asked: Query[Narrowing]) -> list[dict[str, Any]]:
    """Return for each clause of the regulations what does it and which tests show it."""
    del request
    return [
        row.as_json()
        for row in coverage.coverage()
        if asked.document in ("", row.clause.document) and asked.state in (None, row.state)
    ]


@router.get("/clocks", response=list[dict[str, Any]], summary="Which periods run as clocks")
def clocks(request: HttpRequest) -> list[dict[str, Any]]:
    """Return every period of the packs: what starts its clock here, or why it waits."""
    del request
    return [one.as_json() for one in running.clocks()]


def _place(code: str) -> str:
    """Return a division code as the packs write it.

    Raises:
        NotFound: It is none.
    """
    try:
        return significant(code)
    except IdentifierFault:
        raise NotFound(what="place", key=code) from None
