"""`hefu requests`: ask for data, hand requests in, answer them, extend and withdraw them."""

from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hefu.cli.acting import acting_option
from hefu.cli.output import json_option, show, show_rows
from hefu.kernel.actor import Actor
from hefu.kernel.clock import SystemClock

if TYPE_CHECKING:
    from hefu.dataplane.filters import RowFilter
    from hefu.rooms.requests.models import AccessRequest
    from hefu.rooms.requests.terms import Answer, Application, Offer

F = TypeVar("F", bound=Callable[..., Any])
E = TypeVar("E", bound=StrEnum)

_DAY = click.DateTime(["%Y-%m-%d"])
_WHERE = "Row condition: item code, operator (=, in, between, starts, null), text. Repeat it; all must hold."


@click.group("requests")
def command() -> None:
    """Ask for data, and decide on what is asked."""


@command.command("list")
@click.option("--status", default="", help="draft, received, incomplete, granted, partly_granted, refused, withdrawn.")
@click.option("--search", default="", help="Part of a number, an entry's name or code, or a department's name.")
@click.option("--overdue", is_flag=True, help="Only those whose time has ended.")
@click.option("--waiting", is_flag=True, help="Only those that wait for the word of whoever is named with --as.")
@click.option("--limit", default=50, show_default=True, help="Most lines.")
@acting_option(writes=False)
@json_option
def list_(status: str, search: str, overdue: bool, waiting: bool, limit: int, actor: Actor, as_json: bool) -> None:
    """List requests, newest first, with the last day of the open clock."""
    from hefu.rooms.requests import queries
    from hefu.rooms.requests.terms import Status

    found = queries.requests(
        viewer=actor, status=_one_of(Status, status) if status else "", search=search, overdue=overdue
    )
    if waiting:
        found = found.filter(pk__in=queries.to_decide(viewer=actor).values("pk"))
    show_rows(
        [_summary(row) | {"due_on": getattr(row, "due_on", None)} for row in found[:limit]],
        as_json=as_json,
        columns=("number", "status", "consumer", "provider", "entry", "due_on"),
    )


@command.command("show")
@click.argument("number")
@acting_option(writes=False)
@json_option
def show_one(number: str, actor: Actor, as_json: bool) -> None:
    """Show request NUMBER: what is asked, its clocks, what was answered, what can be done now."""
    from hefu.rooms.clocks import queries as clocks
    from hefu.rooms.requests import queries

    row = queries.request(number, viewer=actor)
    today = SystemClock().today()
    facts = (
        _summary(row)
        | _asked(row)
        | {
            "received_on": row.received_on,
            "deciders": row.deciders,
            "missing": row.missing if row.status == "incomplete" else {},
            "clocks": [
                {"rule": one.rule, "state": one.state, "due_on": one.due_on, "days_left": clocks.days_left(one, today)}
                for one in clocks.clocks_of(number, viewer=actor)
            ],
            "decision": _decision(row),
            "delivered_on": row.delivered_on,
            "notices": [
                {"at": notice.at, "to": notice.to.name, "kind": notice.kind, **notice.facts}
                for notice in queries.notices(viewer=actor, number=number)
            ],
            "possible": sorted(queries.actions(row, viewer=actor)),
        }
    )
    show(facts, as_json=as_json)


def application_options(function: F) -> F:
    """Give a command the options of an application, passed as `written`."""

    @wraps(function)
    def run(*args: Any, **given: Any) -> Any:
        written = {name: given.pop(name) for name in _WRITTEN}
        return function(*args, written=written, **given)

    for option in reversed(_APPLICATION_OPTIONS):
        run = option(run)
    return run  # type: ignore[return-value]


_WRITTEN = (
    "purpose",
    "scenario",
    "basis",
    "items",
    "where",
    "channel",
    "target",
    "term_from",
    "term_until",
    "pledge",
)
_APPLICATION_OPTIONS = [
    click.option("--purpose", default="", help="What the data is for."),
    click.option("--scenario", default="", help="In which step of which business it is used."),
    click.option("--basis", nargs=3, default=None, help="Legal basis: kind, title, article."),
    click.option("--item", "items", multiple=True, help="Code of an item. Repeat it; none asks for all."),
    click.option("--where", nargs=3, multiple=True, help=_WHERE),
    click.option("--channel", type=click.Choice(["table", "file"]), default=None, help="How the rows arrive."),
    click.option("--target", type=click.UUID, default=None, help="Place of the own department where they arrive."),
    click.option("--from", "term_from", type=_DAY, default=None, help="First day of use."),
    click.option("--until", "term_until", type=_DAY, default=None, help="Last day of use."),
    click.option("--pledge", is_flag=True, help="Pledge that all this is true, lawful and safe."),
]


@command.command("draft")
@click.argument("entry")
@application_options
@acting_option(writes=True)
@json_option
def draft(entry: str, written: dict[str, Any], actor: Actor, as_json: bool) -> None:
    """Begin a request for catalogue entry ENTRY (its code)."""
    from hefu.rooms.requests import queries, services

    application = _application(written, queries.offer(entry, viewer=actor))
    row = services.draft_request(entry=entry, application=application, actor=actor, clock=SystemClock())
    show(_summary(row) | {"lacking": queries.lacking(row, today=SystemClock().today())}, as_json=as_json)


@command.command("change")
@click.argument("number")
@application_options
@acting_option(writes=True)
@json_option
def change(number: str, written: dict[str, Any], actor: Actor, as_json: bool) -> None:
    """Say anew all that request NUMBER asks; it must be a draft or have been sent back."""
    from hefu.rooms.requests import queries, services

    offer = queries.offer(queries.request(number, viewer=actor).entry_id, viewer=actor)
    row = services.change_request(
        number=number, application=_application(written, offer), actor=actor, clock=SystemClock()
    )
    show(_summary(row) | {"lacking": queries.lacking(row, today=SystemClock().today())}, as_json=as_json)


@command.command("submit")
@click.argument("number")
@acting_option(writes=True)
@json_option
def submit(number: str, actor: Actor, as_json: bool) -> None:
    """Sign request NUMBER off and hand it in, as its department's chief."""
    from hefu.rooms.requests import services

    show(_summary(services.submit_request(number=number, actor=actor, clock=SystemClock())), as_json=as_json)


@command.command("withdraw")
@click.argument("number")
@click.option("--reason", default="", help="Needed once it was handed in; the provider reads it.")
@acting_option(writes=True)
@json_option
def withdraw(number: str, reason: str, actor: Actor, as_json: bool) -> None:
    """Take request NUMBER back."""
    from hefu.rooms.requests import services

    row = services.withdraw_request(number=number, reason=reason, actor=actor, clock=SystemClock())
    show(_summary(row), as_json=as_json)


@command.command("return")
@click.argument("number")
@click.option("--missing", nargs=2, multiple=True, required=True, help="Field and what is missing there. Repeat it.")
@acting_option(writes=True)
@json_option
def return_(number: str, missing: tuple[tuple[str, str], ...], actor: Actor, as_json: bool) -> None:
    """Send request NUMBER back, once, with everything that is missing."""
    from hefu.rooms.requests import services

    row = services.return_incomplete(number=number, problems=dict(missing), actor=actor, clock=SystemClock())
    show(_summary(row), as_json=as_json)


@command.command("grounds")
@click.argument("number")
@acting_option(writes=False)
@json_option
def grounds(number: str, actor: Actor, as_json: bool) -> None:
    """List the grounds on which request NUMBER may be refused."""
    from hefu.rooms.requests import queries

    found = queries.grounds_of(queries.request(number, viewer=actor))
    rows = [
        {
            "ground": one.term.id,
            "zh": one.term.words.zh,
            "en": one.term.words.en,
            "ranks": list(one.ranks),
            "source": str(one.source),
        }
        for one in found.permitted
    ]
    show_rows(rows, as_json=as_json)


def answer_options(function: F) -> F:
    """Give a command the options of an answer, passed as `written`."""

    @wraps(function)
    def run(*args: Any, **given: Any) -> Any:
        names = ("verdict", "reason", "items", "masks", "names", "where", "ground", "document")
        written = {name: given.pop(name) for name in names}
        return function(*args, written=written, **given)

    for option in reversed(_ANSWER_OPTIONS):
        run = option(run)
    return run  # type: ignore[return-value]


_ANSWER_OPTIONS = [
    click.option("--verdict", type=click.Choice(["grant", "grant_part", "refuse"]), required=True, help="The word."),
    click.option("--reason", default="", help="Why less than asked is given; the consumer reads it."),
    click.option("--item", "items", multiple=True, help="Code of an item that is given. None: all that are asked."),
    click.option("--mask", "masks", nargs=2, multiple=True, help="Item code and mask, such as cover:6:4 or month."),
    click.option("--name", "names", nargs=2, multiple=True, help="Item code and its column's name in the delivery."),
    click.option("--where", nargs=3, multiple=True, help=_WHERE),
    click.option("--ground", default="", help="For a refusal: one of `hefu requests grounds NUMBER`."),
    click.option("--document", nargs=3, default=None, help="Legal text behind the ground: rank, title, article."),
]


@command.command("decide")
@click.argument("number")
@answer_options
@acting_option(writes=True)
@json_option
def decide(number: str, written: dict[str, Any], actor: Actor, as_json: bool) -> None:
    """Give the word of a deciding side on request NUMBER."""
    from hefu.rooms.requests import queries, services

    answer = _answer(written, queries.request(number, viewer=actor), actor)
    row = services.decide_request(number=number, answer=answer, actor=actor, clock=SystemClock())
    show(_summary(row) | {"decision": _decision(row)}, as_json=as_json)


@command.command("opinion")
@click.argument("number")
@answer_options
@acting_option(writes=True)
@json_option
def opinion(number: str, written: dict[str, Any], actor: Actor, as_json: bool) -> None:
    """Prepare the provider's answer to request NUMBER for its chief."""
    from hefu.rooms.requests import queries, services

    row = queries.request(number, viewer=actor)
    voice = services.give_opinion(number=number, answer=_answer(written, row, actor), actor=actor, clock=SystemClock())
    show({"number": number, "side": voice.side, "verdict": voice.verdict, "reason": voice.reason}, as_json=as_json)


@command.command("extend")
@click.argument("number")
@click.option("--days", type=int, required=True, help="Working days wished for.")
@click.option("--reason", required=True, help="What is special about the case; the requester reads it.")
@acting_option(writes=True)
@json_option
def extend(number: str, days: int, reason: str, actor: Actor, as_json: bool) -> None:
    """Ask the authority for more time to answer request NUMBER."""
    from hefu.rooms.requests import services

    wish = services.ask_extension(number=number, days=days, reason=reason, actor=actor, clock=SystemClock())
    show({"number": number, "status": wish.status, "days": wish.days, "due_on": wish.due_before}, as_json=as_json)


@command.command("consent")
@click.argument("number")
@click.option("--yes/--no", "consent", required=True, default=None, help="Consent or decline.")
@click.option("--note", default="", help="Needed when it is declined.")
@acting_option(writes=True)
@json_option
def consent_(number: str, consent: bool, note: str, actor: Actor, as_json: bool) -> None:
    """Give the authority's word on the wish for more time in request NUMBER."""
    from hefu.rooms.requests import services

    wish = services.consent_extension(number=number, consent=consent, note=note, actor=actor, clock=SystemClock())
    due_on = wish.due_on or wish.due_before
    show({"number": number, "status": wish.status, "days": wish.days, "due_on": due_on}, as_json=as_json)


def _application(written: dict[str, Any], offer: "Offer") -> "Application":
    from hefu.dataplane.ticket import Channel
    from hefu.rooms.requests.terms import Application, BasisKind, LegalBasis

    known = {item.code: item.item_id for item in offer.items}
    codes = written["items"] or tuple(known)
    unknown = sorted(set(codes) - set(known))
    if unknown:
        raise click.BadParameter(f"{offer.code} has no {', '.join(unknown)}; it has {', '.join(known)}")
    basis = None
    if written["basis"]:
        kind, title, article = written["basis"]
        basis = LegalBasis(_one_of(BasisKind, kind), title, article)
    return Application(
        purpose=written["purpose"],
        scenario=written["scenario"],
        basis=basis,
        item_ids=tuple(known[code] for code in codes),
        rows=_rows(written["where"], offer),
        channel=Channel(written["channel"]) if written["channel"] else None,
        target_id=written["target"],
        term_from=_day(written["term_from"]),
        term_until=_day(written["term_until"]),
        pledge=written["pledge"],
    )


def _answer(written: dict[str, Any], row: "AccessRequest", actor: Actor) -> "Answer":
    from hefu.law.terms import Rank
    from hefu.rooms.requests import queries
    from hefu.rooms.requests.terms import Answer, GrantedItem, GroundDocument, Verdict
    from hefu.rooms.requests.terms.written import read_mask

    masks = {code: read_mask(text) for code, text in written["masks"]}
    codes = written["items"] or tuple(item.code for item in row.asked_items)
    names = dict(written["names"])
    given = written["items"] or masks or names
    document = None
    if written["document"]:
        rank, title, article = written["document"]
        document = GroundDocument(_one_of(Rank, rank), title, article)
    return Answer(
        verdict=Verdict(written["verdict"]),
        reason=written["reason"],
        items=tuple(GrantedItem(code, mask=masks.get(code), delivered_as=names.get(code, "")) for code in codes)
        if given
        else None,
        rows=_rows(written["where"], queries.offer(row.entry_id, viewer=actor)),
        ground=written["ground"],
        document=document,
    )


def _rows(where: tuple[tuple[str, str, str], ...], offer: "Offer") -> "RowFilter":
    from hefu.dataplane.filters import RowFilter
    from hefu.rooms.requests.terms.written import read_condition

    return RowFilter(tuple(read_condition(*condition, offer=offer) for condition in where))


def _one_of(words: type[E], text: str) -> E:
    return words(click.Choice([word.value for word in words]).convert(text, None, None))


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _summary(row: "AccessRequest") -> dict[str, Any]:
    return {
        "number": row.number,
        "status": row.status,
        "consumer": row.consumer.name,
        "provider": row.provider.name,
        "entry": row.entry_name,
        "entry_code": row.entry_code,
        "share_type": row.share_type,
    }


def _asked(row: "AccessRequest") -> dict[str, Any]:
    from hefu.rooms.requests.terms.written import write_condition

    basis = row.basis
    return {
        "purpose": row.purpose,
        "scenario": row.scenario,
        "basis": [basis.kind, basis.title, basis.article] if basis else None,
        "items": [item.code for item in row.asked_items],
        "rows": [" ".join(write_condition(condition)) for condition in row.row_filter.conditions],
        "channel": row.channel,
        "target": row.target_id,
        "term_from": row.term_from,
        "term_until": row.term_until,
    }


def _decision(row: "AccessRequest") -> dict[str, Any] | None:
    from hefu.rooms.requests import queries
    from hefu.rooms.requests.terms.written import write_condition, write_mask

    decision = queries.decision_of(row)
    if decision is None:
        return None
    return {
        "status": decision.status,
        "by": decision.sides or ["platform"],
        "items": {item.code: write_mask(item.mask) if item.mask else None for item in decision.granted_items},
        "names": {item.code: item.delivered_as for item in decision.granted_items if item.delivered_as},
        "rows": [" ".join(write_condition(condition)) for condition in decision.row_filter.conditions],
        "ground": decision.ground,
        "reason": decision.reason,
        "decided_on": decision.decided_on,
        "due_on": decision.due_on,
    }
