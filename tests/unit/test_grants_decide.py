"""Decisions about grants, without a database."""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product

import pytest

from hefu.dataplane.checks import NotNull
from hefu.dataplane.filters import Equals
from hefu.dataplane.masks import Cover, DateShift, Drop, Null
from hefu.dataplane.ticket import Channel, Item, ResourceKind
from hefu.rooms.grants import decide
from hefu.rooms.grants.decide import Wanted
from hefu.rooms.grants.errors import (
    LIMITS,
    ChannelNeedsNoTarget,
    GrantMoveRefused,
    HoldIsAnothers,
    NotNarrower,
    TermOver,
)
from hefu.rooms.grants.terms import MOVES, GrantFacts, GrantStatus, Lack, Mount, Side
from hefu.rooms.requests.terms import GrantedItem

GRANT = GrantFacts(
    number="G2026-000001",
    status=GrantStatus.ACTIVE,
    channel=Channel.TABLE,
    items=(GrantedItem("id_number", "公民身份号码", Cover(first=6)), GrantedItem("name"), GrantedItem("birth_date")),
    rows=(Equals("division", "511702"),),
    term_from=date(2026, 3, 1),
    term_until=date(2026, 12, 31),
    has_target=True,
    quota_rows=1000,
)
HELD = replace(GRANT, status=GrantStatus.SUSPENDED, held_by=Side.PROVIDER)
MOUNT = Mount(
    source="a source",
    kind=ResourceKind.POSTGRES_TABLE,
    schema="public",
    table="population",
    columns={"id_number": "sfzh", "name": "xm", "birth_date": "csrq", "division": "xzqh"},
    key=("sfzh",),
    checks=(NotNull("xm"),),
)


@pytest.mark.parametrize(("old", "new"), list(product(GrantStatus, GrantStatus)))
def test_a_grant_moves_only_as_the_table_says(old: GrantStatus, new: GrantStatus) -> None:
    grant = replace(GRANT, status=old)
    if new in MOVES[old]:
        assert decide.move(grant, new) is new
    else:
        with pytest.raises(GrantMoveRefused):
            decide.move(grant, new)


def test_revoked_and_expired_are_final() -> None:
    assert not MOVES[GrantStatus.REVOKED]
    assert not MOVES[GrantStatus.EXPIRED]


@pytest.mark.parametrize("side", [Side.PROVIDER, Side.AUTHORITY])
def test_the_side_that_holds_a_grant_or_the_authority_lifts_the_hold(side: Side) -> None:
    assert decide.resume(HELD, side=side, today=date(2026, 5, 1), lacks=()) is GrantStatus.ACTIVE


def test_the_provider_does_not_lift_the_hold_of_the_security_administrator() -> None:
    held = replace(HELD, held_by=Side.SECURITY)
    with pytest.raises(HoldIsAnothers, match="security administrator"):
        decide.resume(held, side=Side.PROVIDER, today=date(2026, 5, 1), lacks=())
    assert decide.resume(held, side=Side.SECURITY, today=date(2026, 5, 1), lacks=()) is GrantStatus.ACTIVE


def test_a_hold_can_be_lifted_on_the_last_day_of_the_term_and_not_after() -> None:
    assert decide.resume(HELD, side=Side.PROVIDER, today=date(2026, 12, 31), lacks=()) is GrantStatus.ACTIVE
    with pytest.raises(TermOver):
        decide.resume(HELD, side=Side.PROVIDER, today=date(2027, 1, 1), lacks=())


def test_a_lifted_hold_waits_when_the_resource_went_meanwhile() -> None:
    status = decide.resume(HELD, side=Side.PROVIDER, today=date(2026, 5, 1), lacks=(Lack.RESOURCE,))
    assert status is GrantStatus.WAITING


def test_only_a_held_grant_is_resumed() -> None:
    with pytest.raises(GrantMoveRefused):
        decide.resume(GRANT, side=Side.AUTHORITY, today=date(2026, 5, 1), lacks=())


def test_narrowing_drops_items_masks_others_adds_conditions_and_ends_earlier() -> None:
    smaller = decide.narrow(
        GRANT,
        Wanted(
            items=frozenset({"id_number", "name"}),
            masks=(GrantedItem("name", mask=Null()),),
            rows=(Equals("sex", "1"),),
            term_until=date(2026, 6, 30),
            quota_rows=10,
            quota_deliveries=3,
        ),
    )
    assert [(item.code, item.mask) for item in smaller.items] == [("id_number", Cover(first=6)), ("name", Null())]
    assert smaller.rows == (Equals("division", "511702"), Equals("sex", "1"))
    assert (smaller.term_until, smaller.quota_rows, smaller.quota_deliveries) == (date(2026, 6, 30), 10, 3)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (Wanted(items=frozenset({"name", "phone"})), "items"),
        (Wanted(items=frozenset()), "items"),
        (Wanted(masks=(GrantedItem("phone", mask=Null()),)), "masks"),
        (Wanted(masks=(GrantedItem("name", mask=None),)), "masks"),
        (Wanted(masks=(GrantedItem("id_number", mask=Cover(first=17)),)), "masks"),
        (Wanted(term_until=date(2027, 1, 1)), "term_until"),
        (Wanted(term_until=date(2026, 2, 28)), "term_until"),
        (Wanted(quota_rows=1001), "quota_rows"),
        (Wanted(quota_rows=0), "quota_rows"),
        (Wanted(quota_deliveries=0), "quota_deliveries"),
    ],
)
def test_narrowing_never_widens(wanted: Wanted, field: str) -> None:
    with pytest.raises(NotNarrower, match=LIMITS[field]):
        decide.narrow(GRANT, wanted)


@pytest.mark.parametrize("wanted", [Wanted(), Wanted(rows=GRANT.rows), Wanted(term_until=GRANT.term_until)])
def test_narrowing_that_changes_nothing_is_refused(wanted: Wanted) -> None:
    with pytest.raises(NotNarrower, match="nothing would change"):
        decide.narrow(GRANT, wanted)


@pytest.mark.parametrize("status", [GrantStatus.SUSPENDED, GrantStatus.REVOKED, GrantStatus.EXPIRED])
def test_a_held_or_ended_grant_is_not_narrowed(status: GrantStatus) -> None:
    with pytest.raises(GrantMoveRefused):
        decide.narrow(replace(GRANT, status=status), Wanted(items=frozenset({"name"})))


def test_everything_missing_is_named_at_once() -> None:
    grant = replace(GRANT, has_target=False)
    assert decide.missing(grant, None) == (Lack.RESOURCE, Lack.TARGET)
    bare = replace(MOUNT, columns={"name": "xm"})
    assert decide.missing(grant, bare) == (Lack.ITEMS, Lack.FILTER, Lack.TARGET)
    assert decide.missing(GRANT, MOUNT) == ()


def test_a_file_needs_no_target() -> None:
    grant = replace(GRANT, channel=Channel.FILE, has_target=False)
    assert decide.missing(grant, MOUNT) == ()
    with pytest.raises(ChannelNeedsNoTarget):
        decide.choose_target(grant, "population")
    decide.choose_target(grant)


def test_a_ticket_speaks_of_columns_and_delivers_under_the_items_codes() -> None:
    scope = decide.scope(GRANT, MOUNT)
    assert [(item.column, item.name) for item in scope.items] == [
        ("sfzh", "id_number"),
        ("xm", "name"),
        ("csrq", "birth_date"),
    ]
    assert scope.items[0].mask == Cover(first=6)
    assert scope.filter.conditions == (Equals("xzqh", "511702"),)
    assert scope.key == ("sfzh",)
    assert scope.quota is not None
    assert scope.quota.rows == 1000


def test_a_ticket_speaks_of_columns_in_masks_too_and_of_the_names_that_were_agreed() -> None:
    shifted = GrantedItem("birth_date", mask=DateShift("s", "id_number", 90), delivered_as="生日")
    grant = replace(GRANT, items=(GrantedItem("id_number", mask=Drop()), GrantedItem("name"), shifted))
    scope = decide.scope(grant, MOUNT)
    assert scope.items[2] == Item("csrq", "生日", mask=DateShift("s", "sfzh", 90))
    assert scope.key == ("xm", "csrq")
    astray = replace(grant, items=(replace(shifted, mask=DateShift("s", "gone", 90)),))
    assert decide.missing(astray, MOUNT) == (Lack.ITEMS,)


def test_without_its_whole_key_a_row_is_named_by_all_that_is_granted() -> None:
    grant = replace(GRANT, items=GRANT.items[1:])
    assert decide.scope(grant, MOUNT).key == ("xm", "csrq")
    assert decide.scope(GRANT, replace(MOUNT, key=())).key == ("sfzh", "xm", "csrq")


def test_a_ticket_holds_from_the_first_second_of_the_term_in_china_to_the_last() -> None:
    assert decide.validity(GRANT) == (
        datetime(2026, 2, 28, 16, tzinfo=UTC),
        datetime(2026, 12, 31, 16, tzinfo=UTC),
    )


def test_the_last_day_is_still_in_time_and_the_next_is_not() -> None:
    assert not decide.has_ended(GRANT, date(2026, 12, 31))
    assert decide.has_ended(GRANT, date(2027, 1, 1))
    assert not decide.has_ended(replace(GRANT, status=GrantStatus.REVOKED), date(2027, 1, 1))


def test_the_consumers_table_is_called_like_the_providers_unless_that_name_is_taken() -> None:
    assert decide.table_name("population", taken=()) == "population"
    assert decide.table_name("population", taken={"population", "population_2"}) == "population_3"
    assert decide.table_name("企业名录.csv", taken=()) == "企业名录"


def test_a_long_name_is_cut_between_characters() -> None:
    name = decide.table_name("企" * 30, taken={"企" * 21})
    assert name == "企" * 20 + "_2"
    assert len(name.encode()) <= decide.LONGEST_NAME
