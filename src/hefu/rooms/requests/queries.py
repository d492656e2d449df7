"""Reads of requests, scoped to the viewer."""

from datetime import date
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from hefu.dataplane import wire
from hefu.kernel.actor import Actor, Role
from hefu.kernel.citation import Citation
from hefu.kernel.refusal import NotFound
from hefu.law.answers import Choice, Grounds, Period
from hefu.law.rules import Rules
from hefu.law.terms import Term
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog.terms import BASIS_NAMES as CATALOG_BASIS_NAMES
from hefu.rooms.catalog.terms import BasisKind as CatalogBasisKind
from hefu.rooms.catalog.terms import ShareType
from hefu.rooms.catalog.terms import Status as EntryStatus
from hefu.rooms.clocks import queries as clocks
from hefu.rooms.requests import access, decide
from hefu.rooms.requests.access import oversees, visible
from hefu.rooms.requests.models import AccessRequest, Decision, Extension, Notice, Submission, Voice
from hefu.rooms.requests.terms import (
    ANSWER_RULES,
    DECIDERS_RULE,
    EXTENSION_RULE,
    GROUNDS_RULE,
    MUST_STATE_RULE,
    UNCONDITIONAL_RULE,
    ExtensionStatus,
    Offer,
    OfferedItem,
    Side,
    Status,
    VoiceKind,
)

#: Where what the row holds may be newer than what was handed in.
_REWRITTEN = frozenset({Status.INCOMPLETE, Status.WITHDRAWN})

#: How a list may be sorted; each ends with the number, so that pages do not shuffle.
ORDERS = {
    "newest": ("-drafted_at", "-number"),
    "due": ("due_on", "number"),
    "number": ("number",),
    "entry": ("entry_name", "number"),
    "consumer": ("consumer__name", "number"),
    "provider": ("provider__name", "number"),
}


def requests(
    *,
    viewer: Actor,
    status: str = "",
    search: str = "",
    consumer_id: UUID | str | None = None,
    provider_id: UUID | str | None = None,
    entry_id: UUID | str | None = None,
    share_type: str = "",
    overdue: bool = False,
    order: str = "newest",
) -> QuerySet[AccessRequest]:
    """Return the requests that `viewer` may see and that match, each with `due_on` of its open clock.

    Args:
        viewer: Who looks.
        status: Only those; empty for all.
        search: Part of a number, an entry's name or code, or a department's name.
        consumer_id: Only that consumer's.
        provider_id: Only those to that provider.
        entry_id: Only for that entry.
        share_type: `unconditional` or `conditional`.
        overdue: Only those whose clock has expired.
        order: A key of `ORDERS`.
    """
    running = clocks.owing(viewer=viewer).filter(subject=OuterRef("number"))
    found = (
        AccessRequest.objects.filter(visible(viewer))
        .select_related("consumer", "provider")
        .annotate(due_on=Subquery(running.values("due_on")[:1]), clock_state=Subquery(running.values("state")[:1]))
    )
    equal = {
        "status": status,
        "consumer_id": _uuid(consumer_id),
        "provider_id": _uuid(provider_id),
        "entry_id": _uuid(entry_id),
        "share_type": share_type,
    }
    found = found.filter(**{name: value for name, value in equal.items() if value})
    if overdue:
        found = found.filter(clock_state="expired")
    for word in search.split():
        found = found.filter(
            Q(number__icontains=word)
            | Q(entry_name__icontains=word)
            | Q(entry_code__startswith=word)
            | Q(consumer__name__icontains=word)
            | Q(provider__name__icontains=word)
        )
    return found.order_by(*ORDERS.get(order, ORDERS["newest"]))


def request(number: str, *, viewer: Actor) -> AccessRequest:
    """Return one request. Who is not of the consumer reads it as it was handed in last.

    Raises:
        NotFound: There is none that the viewer may see.
    """
    found = requests(viewer=viewer).filter(number=number).first()
    if found is None:
        raise NotFound(what="request", key=number)
    own = viewer.is_system or viewer.department_id == found.consumer_id
    return found if own or found.status not in _REWRITTEN else _as_handed_in(found)


def _as_handed_in(row: AccessRequest) -> AccessRequest:
    """Put what the chief signed last in place of what is being written; the row is only read afterwards."""
    signed = submissions(row)[-1].content
    basis, known = signed["basis"] or {}, {str(item.item_id): item for item in row.asked_items}
    row.purpose, row.scenario = signed["purpose"], signed["scenario"]
    row.basis_kind, row.basis_title, row.basis_article = (basis.get(name, "") for name in ("kind", "title", "article"))
    row.item_ids = [UUID(item["id"]) for item in signed["items"]]
    row.asked = wire.to_json(
        tuple(
            known.get(item["id"]) or OfferedItem(UUID(item["id"]), item["code"], item["name"])
            for item in signed["items"]
        )
    )
    row.rows, row.channel = signed["rows"], signed["channel"] or ""
    row.target_id = UUID(signed["target"]) if signed["target"] else None
    row.term_from, row.term_until = (
        date.fromisoformat(signed[name]) if signed[name] else None for name in ("term_from", "term_until")
    )
    row.pledge = signed["pledge"]
    return row


def my_cases(*, viewer: Actor) -> QuerySet[AccessRequest]:
    """Return what the viewer's own department asked for, newest first."""
    return requests(viewer=viewer).filter(consumer_id=viewer.department_id)


def to_complete(*, viewer: Actor) -> QuerySet[AccessRequest]:
    """Return the own department's drafts and requests sent back."""
    return my_cases(viewer=viewer).filter(status__in=[Status.DRAFT, Status.INCOMPLETE])


def to_decide(*, viewer: Actor) -> QuerySet[AccessRequest]:
    """Return the cases on which the viewer's side has still to give its word, nearest last day first."""
    waiting = requests(viewer=viewer, status=Status.RECEIVED, order="due")
    wanted = Q(pk__in=[])
    if viewer.department_id and viewer.has(*access.INSIDERS):
        wanted |= Q(provider_id=viewer.department_id) & _unspoken(Side.PROVIDER)
    if viewer.of_authority and viewer.has(Role.REVIEWER):
        wanted |= _unspoken(Side.AUTHORITY)
    return waiting.filter(wanted)


def _unspoken(side: Side) -> Q:
    votes = Voice.objects.filter(request=OuterRef("pk"), side=side, kind=VoiceKind.VOTE)
    return Q(deciders__contains=[side]) & ~Q(Exists(votes))


def to_consent(*, viewer: Actor) -> QuerySet[AccessRequest]:
    """Return the cases in which a provider waits for the authority's consent to more time."""
    waiting = requests(viewer=viewer, status=Status.RECEIVED, order="due")
    if not viewer.is_system and not (viewer.of_authority and viewer.has(Role.REVIEWER)):
        return waiting.none()
    return waiting.filter(extension__status=ExtensionStatus.ASKED)


def voices(row: AccessRequest, *, viewer: Actor) -> list[Voice]:
    """Return what the deciding sides said so far; an opinion stays within its own side until the decision.

    The consumer reads neither opinions nor votes: it reads the decision.
    """
    found = list(row.voices.all())
    if viewer.is_system or oversees(viewer):
        return found
    if viewer.department_id == row.provider_id:
        return [voice for voice in found if voice.side == Side.PROVIDER or voice.kind == VoiceKind.VOTE]
    return []


def submissions(row: AccessRequest) -> list[Submission]:
    """Return what was handed in, first to last, of a request that was read for its viewer."""
    return list(row.submissions.all())


def decision_of(row: AccessRequest) -> Decision | None:
    """Return how a request that was read for its viewer was answered; None before."""
    return Decision.objects.filter(request=row).first()


def extension_of(row: AccessRequest) -> Extension | None:
    """Return the wish for more time, if there was one, of a request that was read for its viewer."""
    return Extension.objects.filter(request=row).first()


def notices(*, viewer: Actor, number: str = "") -> QuerySet[Notice]:
    """Return what the viewer's department was told, newest first; the authority reads all notices."""
    found = Notice.objects.filter(request__in=AccessRequest.objects.filter(visible(viewer)))
    if not (viewer.is_system or oversees(viewer)):
        found = found.filter(to_id=viewer.department_id)
    if number:
        found = found.filter(request__number=number)
    return found.select_related("request", "to").order_by("-id")


def actions(row: AccessRequest, *, viewer: Actor) -> frozenset[str]:
    """Return the names of the actions that the viewer may do on the case as it stands, for pages to offer."""
    possible = {
        Status.DRAFT: {"requests.change", "requests.submit", "requests.discard"},
        Status.INCOMPLETE: {"requests.change", "requests.submit", "requests.withdraw"},
        Status.RECEIVED: {
            "requests.withdraw",
            "requests.return",
            "requests.give_opinion",
            "requests.decide",
            "requests.ask_extension",
            "requests.consent_extension",
        },
    }.get(Status(row.status), set())
    wish = extension_of(row)
    spoken = {voice.side for voice in row.voices.all() if voice.kind == VoiceKind.VOTE}
    found = set()
    for action in possible:
        held = access.sides(viewer, action, consumer_id=row.consumer_id, provider_id=row.provider_id)
        if action in {"requests.decide", "requests.return"}:
            held &= set(row.decider_sides) - spoken
        if action == "requests.return" and row.returned_on:
            continue
        if action == "requests.ask_extension" and wish:
            continue
        if action == "requests.consent_extension" and not (wish and wish.status == ExtensionStatus.ASKED):
            continue
        if held:
            found.add(action)
    return frozenset(found)


def offer(entry_key: UUID | str, *, viewer: Actor) -> Offer:
    """Return a catalogue entry as far as a request needs it.

    Raises:
        NotFound: There is none that the viewer may read.
    """
    entry = catalog.entry(entry_key, viewer=viewer)
    own = ShareType(entry.share_type) if entry.share_type else ShareType.CONDITIONAL
    basis = " ".join(
        part
        for part in (
            entry.noshare_reason,
            CATALOG_BASIS_NAMES[CatalogBasisKind(entry.basis_kind)] if entry.basis_kind else "",
            entry.basis_title,
            entry.basis_article,
        )
        if part
    )
    return Offer(
        entry_id=entry.pk,
        code=entry.code,
        name=entry.name,
        version=entry.version,
        provider_id=entry.provider_id,
        share_type=own,
        channels=tuple(entry.channels),
        items=tuple(
            OfferedItem(
                item_id=item.pk,
                code=item.code,
                name=item.name,
                type=item.type,
                share_type=ShareType(item.share_type) if item.share_type else own,
            )
            for item in catalog.items_of(entry)
        ),
        in_force=entry.status == EntryStatus.PUBLISHED and not entry.is_change,
        kept_back=basis,
    )


def grounds_of(row: AccessRequest) -> Grounds:
    """Return what a refusal of the request may rest on, by the law of the day of receipt.

    Raises:
        NoRuleInForce: The law of the place names no grounds for that day.
    """
    return clocks.rules_at(row.place).grounds(GROUNDS_RULE, on=_received_on(row))


def must_state(place: str, *, on: date) -> tuple[str, ...]:
    """Return what the law of a place wants a request to state; nothing where it says nothing."""
    return tuple(item.id for item, _articles in stated_by_law(clocks.rules_at(place), on=on))


def stated_by_law(rules: Rules, *, on: date) -> tuple[tuple[Term, tuple[Citation, ...]], ...]:
    """Return each thing that the law wants a request to state, with the articles that ask for it."""
    if not rules.has(MUST_STATE_RULE, on=on):
        return ()
    listing = rules.listing(MUST_STATE_RULE, on=on)
    return tuple((item, listing.asked_by.get(item.id, ())) for item in listing.items)


def needed_fields(place: str, *, on: date) -> dict[str, tuple[Citation, ...]]:
    """Return every field that a request must fill in → the articles that ask for it; none if only the ticket does."""
    asked = {item.id: articles for item, articles in stated_by_law(clocks.rules_at(place), on=on)}
    found: dict[str, tuple[Citation, ...]] = {}
    for item in (*decide.ALWAYS, *asked):
        for field in decide.STATED_IN[item]:
            found[field] = tuple(dict.fromkeys((*found.get(field, ()), *asked.get(item, ()))))
    return found


def lacking(row: AccessRequest, *, today: date) -> dict[str, str]:
    """Return what a draft still lacks, field → sentence, for its page to show while it is written."""
    return decide.missing(row.application, must_state(row.place, on=row.received_on or today), today=today)


def deciders_of(row: AccessRequest) -> Choice:
    """Return whom the law names to decide a received request.

    Raises:
        NoRuleInForce: The law of the place names nobody for that day.
    """
    return who_decides(clocks.rules_at(row.place), ShareType(row.share_type), on=_received_on(row))


def who_decides(rules: Rules, share_type: ShareType, *, on: date) -> Choice:
    """Return whom the law names to decide on data of that sharing type; for unconditional data mostly nobody.

    Raises:
        NoRuleInForce: The law of the place is silent for that day.
    """
    return rules.choice(UNCONDITIONAL_RULE if share_type is ShareType.UNCONDITIONAL else DECIDERS_RULE, on=on)


def extension_allowed(row: AccessRequest) -> Period:
    """Return by how much the time to answer may be extended.

    Raises:
        NoRuleInForce: The law of the place gives no extension.
    """
    return clocks.rules_at(row.place).period(EXTENSION_RULE, on=_received_on(row))


def answer_rule(row: AccessRequest) -> str:
    """Return the rule under which a received request is answered."""
    return ANSWER_RULES[ShareType(row.share_type)]


def _received_on(row: AccessRequest) -> date:
    if row.received_on is None:
        raise NotFound(what="received request", key=row.number)
    return row.received_on


def count_by_status(found: QuerySet[AccessRequest]) -> dict[str, int]:
    """Return status → number of the requests of a list."""
    return dict(found.order_by().values_list("status").annotate(count=Count("pk")))


def _uuid(value: UUID | str | None) -> UUID | None:
    if isinstance(value, UUID) or value is None:
        return value
    try:
        return UUID(value)
    except ValueError:
        return None
