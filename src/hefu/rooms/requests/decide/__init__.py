"""What becomes of a request: pure functions over frozen facts."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from hefu.dataplane.filters import EVERY_ROW, RowFilter
from hefu.dataplane.masks import Drop
from hefu.dataplane.masks.sql import mask_problem
from hefu.dataplane.types import SqlType
from hefu.kernel.citation import Citation
from hefu.kernel.refusal import InputsRejected
from hefu.kernel.words import _
from hefu.law.answers import Grounds
from hefu.law.model import Ground
from hefu.law.terms import Words
from hefu.rooms.catalog.terms import ItemType, ShareType
from hefu.rooms.requests import errors, terms
from hefu.rooms.requests.decide.scope import contradiction, row_fault
from hefu.rooms.requests.terms import (
    ART_15,
    MOVES,
    STATUS_NAMES,
    Answer,
    Application,
    ExtensionStatus,
    GrantedItem,
    Offer,
    OfferedItem,
    Settled,
    Side,
    Status,
    Verdict,
)

_NEEDED = _("This is needed.")
#: Bytes of a column's name that every database keeps.
LONGEST_NAME = 63

#: What a ticket cannot be made without, whatever the pack of the place asks for.
ALWAYS = ("purpose", "items", "mode", "term")

#: The fields in which an item of the packs' `requests.must_state` is stated. Scope is the items and the rows.
STATED_IN = {
    "purpose": ("purpose",),
    "items": ("items",),
    "scope": ("items",),
    "legal_basis": ("basis_kind", "basis_title"),
    "scenario": ("scenario",),
    "need": ("scenario",),
    "mode": ("channel",),
    "term": ("term_from", "term_until"),
    "pledge": ("pledge",),
}


#: What the catalogue's types are to a mask. The resource's own columns are looked at again when a delivery is planned.
SQL_TYPES = {
    ItemType.TEXT: SqlType("text"),
    ItemType.MEMO: SqlType("text"),
    ItemType.NUMBER: SqlType("numeric"),
    ItemType.MONEY: SqlType("numeric"),
    ItemType.INTEGER: SqlType("bigint"),
    ItemType.DOUBLE: SqlType("double precision"),
    ItemType.FLOAT: SqlType("double precision"),
    ItemType.DATE: SqlType("date"),
    ItemType.MOMENT: SqlType("timestamp without time zone"),
    ItemType.LOGICAL: SqlType("boolean"),
    ItemType.GENERAL: SqlType("bytea"),
}


@dataclass(frozen=True)
class CaseFacts:
    """A request as decisions see it."""

    number: str
    status: Status
    #: Items asked for.
    asked: tuple[OfferedItem, ...] = ()
    rows: RowFilter = EVERY_ROW
    #: Who decides, as the law said on the day of receipt.
    deciders: tuple[Side, ...] = ()
    #: What the deciders said so far.
    votes: tuple[tuple[Side, Answer], ...] = ()
    #: Day on which it was sent back, if it was.
    returned_on: date | None = None


def move(case: CaseFacts, wanted: Status) -> Status:
    """Return `wanted` when the case may become that.

    Raises:
        MoveNotAllowed: It may not, any more or yet.
    """
    if wanted not in MOVES[case.status]:
        raise errors.MoveNotAllowed(number=case.number, status=STATUS_NAMES[case.status], wanted=STATUS_NAMES[wanted])
    return wanted


def refuse_kept_back(application: Application, offer: Offer) -> None:
    """Refuse what the catalogue does not let anybody ask for.

    Raises:
        EntryNotInForce: The entry is a draft or was withdrawn.
        NotShared: The entry, an item asked for or an item that the row scope looks at is not shared.

    Source: decree 809 art. 14, 15.
    """
    if not offer.in_force:
        raise errors.EntryNotInForce(code=offer.code)
    if offer.share_type is ShareType.NONE:
        raise errors.NotShared(citation=ART_15, what=offer.name, reason=offer.kept_back)
    kept = [item.name for item in touched(application, offer) if item.share_type is ShareType.NONE]
    if kept:
        raise errors.NotShared(citation=ART_15, what="、".join(kept), reason=offer.kept_back)


def touched(application: Application, offer: Offer) -> tuple[OfferedItem, ...]:
    """Return the items that the request asks for or filters by, in the entry's order.

    A filter tells something about the item it looks at, so it is shared on that item's terms.
    """
    filtered = set(application.rows.columns)
    return tuple(item for item in offer.items if item.item_id in application.item_ids or item.code in filtered)


def share_type(application: Application, offer: Offer) -> ShareType:
    """Return on what terms the request is answered: one conditional item makes all of it conditional."""
    types = {item.share_type for item in touched(application, offer)} or {offer.share_type}
    return ShareType.CONDITIONAL if ShareType.CONDITIONAL in types else ShareType.UNCONDITIONAL


def faults(application: Application, offer: Offer) -> dict[str, str]:
    """Return what is wrong, even in a draft: field → sentence. What is merely not there yet is not wrong."""
    found: dict[str, str] = {}
    if set(application.item_ids) - {item.item_id for item in offer.items}:
        found["items"] = _("An item chosen does not belong to this entry. Choose from its list.")
    problem = row_fault(application.rows, offer)
    if problem:
        found["rows"] = problem
    if application.channel and application.channel not in offer.channels:
        found["channel"] = _("The entry is not shared by this channel. Choose one that it names.")
    begins, ends = application.term_from, application.term_until
    if begins and ends and ends < begins:
        found["term_until"] = _("The last day of use lies before the first.")
    if len(application.purpose) > 2000 or len(application.scenario) > 2000:
        found["purpose"] = _("Purpose and scenario have at most 2,000 characters each.")
    return found


def missing(
    application: Application, must_state: Iterable[str], *, today: date, basis_ended: bool = False
) -> dict[str, str]:
    """Return everything that the law, or the ticket, needs and the request does not say: field → sentence.

    Args:
        application: What is asked.
        must_state: Ids of the packs' `requests.must_state`.
        today: Day of receipt.
        basis_ended: Whether the register of legal texts says that the basis named holds no more.

    Source: decree 809 art. 20 (what a request states), 21 (named all at once); rule `requests.must_state`.
    """
    asked = dict.fromkeys((*ALWAYS, *must_state))
    fields = dict.fromkeys(field for item in asked for field in STATED_IN[item])
    found = {field: _NEEDED for field in fields if not _states(application, field)}
    if application.term_until and application.term_until < today:
        found["term_until"] = _("The last day of use has passed already.")
    if basis_ended and "basis_title" not in found:
        found["basis_title"] = _("This text is not in force any more. Name one that is.")
    return found


def _states(application: Application, field: str) -> bool:
    match field:
        case "items":
            return bool(application.item_ids)
        case "pledge":
            return application.pledge
        case "basis_kind":
            return application.basis is not None
        case "basis_title":
            return application.basis is not None and bool(application.basis.title.strip())
        case "purpose" | "scenario":
            return bool(getattr(application, field).strip())
        case _:
            return getattr(application, field) is not None


def return_incomplete(case: CaseFacts, problems: dict[str, str]) -> Status:
    """Return the status of a case that is sent back with the list of what is missing; possible once.

    Raises:
        MoveNotAllowed: It does not wait for an answer.
        ReturnedBefore: It was sent back before.
        InputsRejected: Nothing is named, or something that a request does not have.

    Source: decree 809 art. 21.
    """
    wanted = move(case, Status.INCOMPLETE)
    if case.returned_on:
        raise errors.ReturnedBefore(citation=terms.ART_21, number=case.number, returned_on=case.returned_on)
    if not problems or set(problems) - set(terms.FIELD_NAMES) or not all(text.strip() for text in problems.values()):
        raise InputsRejected(problems={"missing": _("Name every field that is incomplete, and say what is missing.")})
    return wanted


def check_answer(case: CaseFacts, answer: Answer, *, grounds: Grounds) -> Answer:
    """Return `answer` with the items spelled out, when it can be given on this case.

    Items and rows can only become fewer: a decided filter is what was asked *and* what the decider adds.

    Raises:
        InputsRejected: Items that were not asked for, an empty grant, a missing reason, a filter that no row meets.
        GroundNotAllowed: The ground of a refusal is not one that the law of the place lists.
        DocumentNotEnough: The ground needs a legal text, and none of the rank is named.

    Source: decree 809 art. 21 (a refusal has a reason); rule `requests.refusal_grounds`.
    """
    if answer.verdict is Verdict.REFUSE:
        return _check_refusal(answer, grounds)
    items = answer.items if answer.items is not None else as_asked(case)
    problems = _answer_faults(case, answer, items)
    if problems:
        raise InputsRejected(problems=problems)
    names = {item.code: item.name for item in case.asked}
    order = [item.code for item in case.asked]
    spelled = sorted(items, key=lambda item: order.index(item.code))
    return Answer(
        verdict=answer.verdict,
        reason=answer.reason.strip(),
        items=tuple(GrantedItem(item.code, names[item.code], item.mask, item.delivered_as.strip()) for item in spelled),
        rows=answer.rows,
    )


def as_asked(case: CaseFacts) -> tuple[GrantedItem, ...]:
    """Return all items asked for, without masks."""
    return tuple(GrantedItem(item.code, item.name) for item in case.asked)


def _answer_faults(case: CaseFacts, answer: Answer, items: tuple[GrantedItem, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    codes = [item.code for item in items]
    if all(isinstance(item.mask, Drop) for item in items):
        found["items"] = _("A grant opens at least one item. Refuse on a listed ground instead.")
    elif set(codes) - {item.code for item in case.asked}:
        found["items"] = _("Only items that were asked for can be granted.")
    elif len(set(codes)) < len(codes):
        found["items"] = _("An item stands twice.")
    elif not all(_mask_fits(item, case) for item in items):
        found["masks"] = _(
            "A mask does not fit its item: text is covered, cut or permuted, numbers rounded, dates cut or moved, "
            "codes translated."
        )
    elif _names_collide(items):
        found["names"] = _(
            "Two columns of the delivery have the same name, or one has a name of more than 63 bytes or one that "
            "begins like a formula."
        )
    narrows = _narrows(case, items, answer.rows)
    if answer.verdict is Verdict.GRANT and narrows:
        found["verdict"] = _("Less than asked is given. Choose “grant in part”, or give all that is asked.")
    if answer.verdict is Verdict.GRANT_PART and not narrows:
        found["verdict"] = _("All that is asked is given. Choose “grant as asked”, or leave something out.")
    if answer.verdict is Verdict.GRANT_PART and not answer.reason.strip():
        found["reason"] = _("Say why less than asked is given; the consumer will read it.")
    if contradiction(conjunction(case.rows, answer.rows)):
        found["rows"] = _("No row can meet what was asked and these conditions. Widen them, or refuse.")
    return found


def _mask_fits(item: GrantedItem, case: CaseFacts) -> bool:
    types = {asked.code: SQL_TYPES[ItemType(asked.type)] if asked.type else SqlType("text") for asked in case.asked}
    return item.mask is None or mask_problem(item.mask, types[item.code], None, types) is None


def _names_collide(items: tuple[GrantedItem, ...]) -> bool:
    return bool(_namesakes(items)) or not all(_can_be_called(item.delivered_as.strip()) for item in items)


def _namesakes(items: tuple[GrantedItem, ...]) -> list[str]:
    """Return the items to which a name was given that another column has; some databases know no capitals."""
    arriving = [(item, item.delivered_as.strip()) for item in items if not isinstance(item.mask, Drop)]
    counted = Counter((named or item.code).casefold() for item, named in arriving)
    return [item.name for item, named in arriving if named and counted[named.casefold()] > 1]


def _can_be_called(name: str) -> bool:
    # The names are a file's first line, which spreadsheets would run as well.
    return len(name.encode()) <= LONGEST_NAME and name.isprintable() and not name.startswith(("=", "+", "-", "@"))


def _narrows(case: CaseFacts, items: tuple[GrantedItem, ...], rows: RowFilter) -> bool:
    fewer = {item.code for item in items} != {item.code for item in case.asked}
    return fewer or any(item.mask for item in items) or bool(set(rows.conditions) - set(case.rows.conditions))


def _check_refusal(answer: Answer, grounds: Grounds) -> Answer:
    if not answer.reason.strip():
        raise InputsRejected(
            problems={"reason": _("A refusal says why, in writing; the consumer will read it.")},
            citation=terms.ART_21,
        )
    ground = grounds.find(answer.ground)
    if ground is None:
        struck = grounds.find_not_permitted(answer.ground)
        source = struck.source if struck else grounds.source
        raise errors.GroundNotAllowed(
            citation=source,
            ground=struck.term.words if struck else answer.ground,
            source=source,
            permitted=one_of(grounds.permitted),
        )
    document = answer.document
    ranked = not ground.ranks or (document is not None and grounds.accepts_rank(answer.ground, document.rank))
    if not ranked or (ground.ranks and not (document and document.title.strip())):
        raise errors.DocumentNotEnough(
            citation=ground.source,
            ground=ground.term.words,
            ranks=" / ".join(ground.ranks),
            source=ground.source,
        )
    return Answer(
        verdict=Verdict.REFUSE,
        reason=answer.reason.strip(),
        ground=answer.ground,
        document=document if ground.ranks else None,
    )


def one_of(grounds: Iterable[Ground]) -> Words:
    """Return the names of grounds as one phrase in both languages."""
    names = [ground.term.words for ground in grounds]
    return Words(zh="、".join(words.zh for words in names), en="; ".join(words.en for words in names))


def check_decider(case: CaseFacts, side: Side, *, deciders: Words, source: Citation) -> None:
    """Refuse a side that the law does not name, or that has spoken.

    Args:
        case: The request.
        side: Who wants to speak.
        deciders: How the law calls those who decide.
        source: Where it says so.

    Raises:
        MoveNotAllowed: The case does not wait for an answer.
        NotADecider: The law of the place names others.
        VotedBefore: This side gave its word already.
    """
    move(case, Status.GRANTED)
    if side not in case.deciders:
        raise errors.NotADecider(citation=source, number=case.number, deciders=deciders, source=source)
    if side in dict(case.votes):
        raise errors.VotedBefore(number=case.number, side=terms.SIDE_NAMES[side])


def settle(case: CaseFacts) -> Settled | None:
    """Return what the case ends with, or None while a decider has not spoken.

    One refusal refuses. When all agree, only what every one of them agreed to is given: the items in
    common, the strictest masks, all conditions together.

    Raises:
        MasksDiffer: Two deciders mask one item in different ways.
        NamesDiffer: Two deciders name one column in different ways, or two columns in the same.
        NothingInCommon: No item is agreed to by all, or no row can meet all conditions.

    Source: rule `requests.deciders`; Guangdong 2018-50 art. 19 (the authority jointly with the provider).
    """
    spoken = dict(case.votes)
    for answer in spoken.values():
        if answer.verdict is Verdict.REFUSE:
            return Settled(Status.REFUSED, (), EVERY_ROW, answer.reason, answer.ground, answer.document)
    if not case.deciders or set(case.deciders) - set(spoken):
        return None
    answers = [spoken[side] for side in case.deciders]
    items = _common_items(case, answers)
    rows = conjunction(case.rows, *(answer.rows for answer in answers))
    if all(isinstance(item.mask, Drop) for item in items) or contradiction(rows):
        raise errors.NothingInCommon(number=case.number)
    status = Status.PARTLY_GRANTED if _narrows(case, items, rows) else Status.GRANTED
    reasons = dict.fromkeys(answer.reason for answer in answers if answer.reason)
    return Settled(move(case, status), items, rows, "\n".join(reasons))


def _common_items(case: CaseFacts, answers: list[Answer]) -> tuple[GrantedItem, ...]:
    common: list[GrantedItem] = []
    differing: list[str] = []
    named: list[str] = []
    for asked in case.asked:
        given = [item for answer in answers for item in answer.items or () if item.code == asked.code]
        if len(given) < len(answers):
            continue
        masks = [item.mask for item in given if item.mask is not None]
        if any(mask != masks[0] for mask in masks):
            differing.append(asked.name)
        called = {item.delivered_as for item in given if item.delivered_as}
        if len(called) > 1:
            named.append(asked.name)
        common.append(GrantedItem(asked.code, asked.name, masks[0] if masks else None, "".join(called)))
    named = named or _namesakes(tuple(common))
    if named:
        raise errors.NamesDiffer(number=case.number, items="、".join(named))
    if differing:
        raise errors.MasksDiffer(number=case.number, items="、".join(differing))
    return tuple(common)


def conjunction(*filters: RowFilter) -> RowFilter:
    """Return the filter that all of `filters` together make; each condition once."""
    return RowFilter(tuple(dict.fromkeys(condition for one in filters for condition in one.conditions)))


def ask_extension(
    case: CaseFacts,
    *,
    today: date,
    due_on: date,
    days: int,
    most: int,
    reason: str,
    asked: ExtensionStatus | None,
    source: Citation,
) -> None:
    """Refuse a wish for more time that the law does not allow.

    Args:
        case: The request.
        today: The current day.
        due_on: Last day to answer; on that day asking is still possible.
        days: Working days wished for.
        most: The law's ceiling.
        reason: The special reason.
        asked: How an earlier wish stands; None when there was none.
        source: The rule of the extension.

    Raises:
        MoveNotAllowed: The case does not wait for an answer.
        ExtensionAskedBefore: It was asked for already.
        AnswerOverdue: The last day has passed.
        InputsRejected: No reason, or a number of days outside 1 to `most`.

    Source: rule `requests.extension`; decree 809 art. 21.
    """
    move(case, Status.GRANTED)
    if asked is not None:
        raise errors.ExtensionAskedBefore(
            citation=source, number=case.number, status=terms.EXTENSION_STATUS_NAMES[asked]
        )
    if today > due_on:
        raise errors.AnswerOverdue(citation=source, number=case.number, due_on=due_on, source=source)
    problems: dict[str, str] = {}
    if not reason.strip():
        problems["reason"] = _("Say what is special about the case; the requester will read it.")
    if not 1 <= days <= most:
        problems["days"] = _("Ask for at least one day and not more than the law allows.")
    if problems:
        raise InputsRejected(problems=problems, citation=source)


def answer_extension(
    case: CaseFacts, *, today: date, due_on: date, consent: bool, note: str, source: Citation
) -> ExtensionStatus:
    """Return how the wish for more time stands after the authority's word.

    Consent must come while the time still runs: what has ended cannot be extended.

    Raises:
        MoveNotAllowed: The case was answered meanwhile.
        AnswerOverdue: Consent after the last day.
        InputsRejected: Declined without a reason.
    """
    move(case, Status.GRANTED)
    if consent and today > due_on:
        raise errors.AnswerOverdue(citation=source, number=case.number, due_on=due_on, source=source)
    if not consent and not note.strip():
        raise InputsRejected(problems={"note": _("Say why more time is declined; the provider will read it.")})
    return ExtensionStatus.CONSENTED if consent else ExtensionStatus.DECLINED
