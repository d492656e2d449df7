"""The ticket: what is written is what is read, and nothing else opens the door."""

import base64
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import joserfc.jws
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import OKPKey

from hefu.crypto.signing import Ed25519Signer
from hefu.dataplane import wire
from hefu.dataplane.checks import CitizenId, CodeSet, DateRange, NotNull, Pattern, UniqueKey
from hefu.dataplane.errors import TicketRefused
from hefu.dataplane.filters import Between, Equals, IsNull, OneOf, RowFilter, StartsWith
from hefu.dataplane.masks import Bin, Constant, Cover, DateTrunc, Hash, Null, Round, Truncate
from hefu.dataplane.ticket import (
    Channel,
    Item,
    Party,
    Quota,
    ResourceKind,
    ResourceRef,
    TargetRef,
    Ticket,
    read_ticket,
    sign_ticket,
)
from hefu.kernel.citation import Citation

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SIGNER = Ed25519Signer(b"a" * 32)
STRANGER = Ed25519Signer(b"b" * 32)
TICKET = Ticket(
    id=UUID("0197a000-0000-7000-8000-000000000001"),
    serial=2,
    grant="G-2026-0001",
    request="R-2026-0001",
    node="dazhou",
    issuer="达州市数据局",
    provider=Party("11511700MB1234567X", "市公安局"),
    consumer=Party("11511700MB7654321Y", "市民政局"),
    entry="511700/000001",
    resource=ResourceRef("police", ResourceKind.POSTGRES_TABLE, "public", "population"),
    items=(
        Item("id", "id", mask=Hash("dazhou", 32)),
        Item("name", "name", "text", Cover(1)),
        Item("birth", "born", "date", DateTrunc("month")),
        Item("phone", "phone", mask=Null()),
        Item("income", "income", mask=Bin(1000)),
        Item("tax", "tax", mask=Round(-2)),
        Item("town", "town", mask=Truncate(2)),
        Item("note", "note", mask=Constant("—")),
    ),
    key=("id",),
    channel=Channel.TABLE,
    purpose="低保核对",
    basis=(Citation("decree-809", "21", "政务数据共享条例"),),
    issued_at=NOW,
    valid_from=NOW,
    valid_until=NOW + timedelta(days=30),
    target=TargetRef("minzheng", "population"),
    filter=RowFilter(
        (
            OneOf("division", ("511702", "511703")),
            Between("birth", date(1940, 1, 1), None),
            Equals("alive", True),
            Equals("rate", Decimal("1.50")),
            Between("seen", datetime(2025, 1, 1, 12), datetime(2025, 2, 1, tzinfo=UTC)),  # noqa: DTZ001
            StartsWith("address", "四川"),
            IsNull("gone"),
            Equals("members", 3),
        )
    ),
    checks=(
        NotNull("name"),
        UniqueKey(("id", "name")),
        CitizenId("id"),
        CodeSet("sex", ("1", "2")),
        DateRange("birth", None, date(2026, 1, 1)),
        Pattern("phone", "1[0-9]{10}"),
    ),
    quota=Quota(1000),
)
TOKEN = sign_ticket(TICKET, SIGNER)


def read(token: str, at: datetime = NOW) -> Ticket:
    return read_ticket(token, [STRANGER.public, SIGNER.public], at)


def refused(token: str, at: datetime = NOW) -> TicketRefused:
    with pytest.raises(TicketRefused) as caught:
        read(token, at)
    return caught.value


def resigned(change: dict[str, object], drop: tuple[str, ...] = ()) -> str:
    """A token whose payload differs from ours and whose signature is right."""
    claims = wire.to_json(TICKET) | change
    return wire.sign({name: claims[name] for name in claims if name not in drop}, SIGNER)


def test_a_ticket_is_read_as_it_was_written() -> None:
    assert read(TOKEN) == TICKET


def test_a_ticket_without_filter_checks_and_quota_is_read_as_it_was_written() -> None:
    plain = replace(TICKET, filter=RowFilter(), checks=(), quota=None)
    assert read(sign_ticket(plain, SIGNER)) == plain


def test_another_library_reads_the_token_and_finds_the_registered_claims() -> None:
    raw = base64.urlsafe_b64encode(SIGNER.public.raw).rstrip(b"=").decode()
    key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": raw})
    claims = json.loads(joserfc.jws.deserialize_compact(TOKEN, key, algorithms=["Ed25519"]).payload)
    assert claims["jti"] == str(TICKET.id)
    assert claims["iss"] == "达州市数据局"
    assert (claims["nbf"], claims["exp"]) == (int(NOW.timestamp()), int(TICKET.valid_until.timestamp()))


@settings(deadline=None)
@given(st.integers(0, len(TOKEN) - 1), st.characters(codec="ascii"))
def test_a_token_with_one_changed_character_opens_nothing(place: int, sign: str) -> None:
    changed = TOKEN[:place] + sign + TOKEN[place + 1 :]
    if changed != TOKEN:
        refused(changed)


def test_a_token_signed_by_a_stranger_under_our_key_name_is_forged() -> None:
    header, payload, _ = TOKEN.split(".")
    signature = STRANGER.sign(f"{header}.{payload}".encode())
    forged = f"{header}.{payload}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    assert refused(forged).reason == "forged"


def test_a_key_that_is_not_trusted_here_is_unknown() -> None:
    with pytest.raises(TicketRefused) as caught:
        read_ticket(TOKEN, [STRANGER.public], NOW)
    assert caught.value.reason == "unknown_key"


@pytest.mark.parametrize("algorithm", ["none", "HS256", "EdDSA"])
def test_no_other_algorithm_is_talked_into(algorithm: str) -> None:
    _, payload, signature = TOKEN.split(".")
    header = json.dumps({"alg": algorithm, "kid": SIGNER.public.fingerprint, "typ": "hefu-ticket"}).encode()
    token = f"{base64.urlsafe_b64encode(header).rstrip(b'=').decode()}.{payload}.{signature}"
    assert refused(token).reason == "malformed"


def test_the_first_second_is_in_and_the_last_is_out() -> None:
    assert read(TOKEN, TICKET.valid_from)
    assert read(TOKEN, TICKET.valid_until - timedelta(seconds=1))
    assert refused(TOKEN, TICKET.valid_from - timedelta(seconds=1)).reason == "not_yet_valid"
    assert refused(TOKEN, TICKET.valid_until).reason == "expired"


def test_a_revoked_ticket_opens_nothing() -> None:
    with pytest.raises(TicketRefused) as caught:
        read_ticket(TOKEN, [SIGNER.public], NOW, revoked={TICKET.id})
    assert caught.value.reason == "revoked"


def test_an_unknown_member_may_be_a_limit_so_it_is_refused() -> None:
    assert "hours" in str(refused(resigned({"hours": 8})))


@pytest.mark.parametrize("name", ["filter", "checks", "quota", "key", "exp"])
def test_a_missing_member_is_refused(name: str) -> None:
    assert name in str(refused(resigned({}, drop=(name,))))


@pytest.mark.parametrize(
    "change",
    [
        {"purpose": 3},
        {"quota": {"is": "quota", "rows": True}},
        {"filter": {"is": "row_filter", "conditions": [{"is": "equals", "column": "a", "value": {"is": "float"}}]}},
        {"filter": {"is": "row_filter", "conditions": [{"is": "like", "column": "a", "value": "x"}]}},
        {"items": [{"is": "item", "column": "a", "name": "a", "type": "", "mask": {"is": "nothing"}}]},
        {"channel": "carrier pigeon"},
        {"jti": "not a uuid"},
        {"exp": "tomorrow"},
    ],
)
def test_a_member_of_another_kind_is_refused(change: dict[str, object]) -> None:
    assert refused(resigned(change)).reason == "malformed"


def test_a_name_that_stands_twice_is_refused() -> None:
    header, payload, _ = TOKEN.split(".")
    text = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode()
    twice = base64.urlsafe_b64encode((text[:-1] + ',"purpose":"anything"}').encode()).rstrip(b"=").decode()
    signature = base64.urlsafe_b64encode(SIGNER.sign(f"{header}.{twice}".encode())).rstrip(b"=").decode()
    assert refused(f"{header}.{twice}.{signature}").reason == "malformed"


def test_parts_of_a_ticket_are_kept_and_read_back_by_themselves() -> None:
    assert wire.from_json(wire.to_json(TICKET.filter), RowFilter) == TICKET.filter
    assert tuple(wire.from_json(wire.to_json(item), Item) for item in TICKET.items) == TICKET.items


def test_the_reference_page_names_every_claim() -> None:
    page = Path(__file__).resolve().parent.parent.parent / "docs" / "reference" / "ticket.md"
    named = {word for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| `")
             for word in re.findall(r"`(\w+)`", line.split("|")[1])}  # fmt: skip
    assert named == wire.to_json(TICKET).keys() - {"is"}
