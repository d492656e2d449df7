"""A receipt is one piece: it proves its entry, and any changed byte refuses it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hefu.kernel.canonical import NotCanonical, canonical
from hefu.ledger.checkpoint import (
    Checkpoint,
    SignedCheckpoint,
    Witness,
    cosign,
    encode,
    parse_checkpoint,
    sign_checkpoint,
)
from hefu.ledger.errors import CheckpointRefused, LeafTooLarge
from hefu.ledger.proofs import inclusion_proof
from hefu.ledger.receipt import (
    RECEIPT_LIMIT,
    EntryNotUnderRoot,
    KeyNotTrusted,
    NoReceipt,
    ReceiptCheckpoint,
    ReceiptFields,
    ReceiptRefused,
    ReceiptSignature,
    ReceiptVersion,
    issue_receipt,
    make_receipt,
    verify_receipt,
)
from hefu.ledger.storage import LogStore
from tests.unit.ledger_model import LOG_KEY, ORIGIN, OTHER_KEY, WITNESS_KEY, grown

WITNESS = Witness("province.gov.cn", WITNESS_KEY.public)
AT = datetime(2026, 1, 5, tzinfo=UTC)


def entry(number: int) -> dict[str, Any]:
    return {"kind": "request.decided", "number": number, "subject": "申请", "body": {"rows": 3, "ok": True}}


def a_log(entries: int = 5) -> tuple[LogStore, str]:
    log, _ = grown([canonical(entry(number)) for number in range(entries)])
    note = log.checkpoint()
    assert note is not None
    return log, note


def a_receipt(index: int = 3, entries: int = 5, *, witnessed: bool = True) -> bytes:
    log, note = a_log(entries)
    if witnessed:
        note = cosign(note, name=WITNESS.name, signer=WITNESS_KEY, at=AT)
    return issue_receipt(log, index, checkpoint=note, key=LOG_KEY.public, witnesses=[WITNESS])


RECEIPT = a_receipt()


def refusal(data: bytes) -> ReceiptRefused:
    with pytest.raises(ReceiptRefused) as caught:
        verify_receipt(data, trusted=[LOG_KEY.public])
    return caught.value


def changed(**fields: Any) -> bytes:
    """The receipt with fields changed by somebody who knows the canonical form."""
    document = json.loads(RECEIPT)
    document.update(fields)
    return canonical({key: value for key, value in document.items() if value is not ...}) + b"\n"


# --- what it proves ---


def test_a_receipt_proves_its_entry_under_a_trusted_key() -> None:
    verified = verify_receipt(RECEIPT, trusted=[OTHER_KEY.public, LOG_KEY.public])
    assert verified.entry == entry(3)
    assert (verified.index, verified.checkpoint.size, verified.checkpoint.origin) == (3, 5, ORIGIN)
    assert verified.pinned
    assert [(seen.witness, seen.at) for seen in verified.cosignatures] == [(WITNESS, AT)]


def test_without_a_trusted_key_the_result_says_so_and_gives_the_fingerprint_to_compare() -> None:
    verified = verify_receipt(RECEIPT)
    assert not verified.pinned
    assert verified.fingerprint == LOG_KEY.public.fingerprint


def test_a_receipt_of_another_key_than_the_trusted_ones_is_refused() -> None:
    with pytest.raises(KeyNotTrusted, match=LOG_KEY.public.fingerprint):
        verify_receipt(RECEIPT, trusted=[OTHER_KEY.public])


@pytest.mark.parametrize(("index", "entries"), [(0, 1), (0, 2), (255, 256), (256, 257), (0, 600), (599, 600)])
def test_every_place_in_the_log_has_a_receipt(index: int, entries: int) -> None:
    assert verify_receipt(a_receipt(index, entries, witnessed=False), trusted=[LOG_KEY.public]).entry == entry(index)


def test_a_receipt_reads_the_same_to_any_json_reader_and_ends_in_one_newline() -> None:
    document = json.loads(RECEIPT)
    assert document["format"] == "hefu-receipt/1"
    assert document["entry"] == entry(3)
    assert RECEIPT.endswith(b"}\n")
    assert RECEIPT.count(b"\n") == 1


def test_witnesses_that_have_not_signed_and_strangers_who_have_stay_out() -> None:
    log, note = a_log()
    note = cosign(note, name="stranger.gov.cn", signer=OTHER_KEY, at=AT)
    receipt = issue_receipt(log, 3, checkpoint=note, key=LOG_KEY.public, witnesses=[WITNESS])
    assert b"stranger" not in receipt
    assert verify_receipt(receipt).cosignatures == ()


# --- any changed byte ---


def test_every_flipped_byte_is_refused() -> None:
    for place, byte in enumerate(RECEIPT):
        flips = {byte ^ 1 << bit for bit in range(8)}
        for other in (flips | set(b' \n0Az"\\}/+=\x00\xff')) - {byte}:
            refusal(RECEIPT[:place] + bytes([other]) + RECEIPT[place + 1 :])


def test_every_value_of_every_byte_of_the_fields_with_loose_ends_is_refused() -> None:
    # Where a careless reader gives two spellings one meaning: numbers, base64 ends, key names, line breaks.
    document = json.loads(RECEIPT)
    for part in (
        b'"index":3',
        b'"size":5',
        b'"format":"hefu-receipt/1"',
        canonical(document["key"])[-6:],
        canonical(document["proof"][0])[-6:],
        canonical(document["witnesses"]),
        canonical(document["checkpoint"])[-30:],
    ):
        start = RECEIPT.index(part)
        for place in range(start, start + len(part)):
            for other in range(256):
                if other != RECEIPT[place]:
                    refusal(RECEIPT[:place] + bytes([other]) + RECEIPT[place + 1 :])


def test_every_truncation_is_refused() -> None:
    for length in range(len(RECEIPT)):
        assert refusal(RECEIPT[:length]).code == "receipt.not_canonical"


def test_every_byte_taken_out_or_doubled_is_refused() -> None:
    for place in range(len(RECEIPT)):
        refusal(RECEIPT[:place] + RECEIPT[place + 1 :])
        refusal(RECEIPT[:place] + RECEIPT[place : place + 1] + RECEIPT[place:])


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data + b"\n",
        lambda data: b" " + data,
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.replace(b",", b", ", 1),
        lambda data: data.decode().encode("utf-16"),
        lambda data: json.dumps(json.loads(data), indent=2, ensure_ascii=False).encode(),
        lambda data: json.dumps(json.loads(data), separators=(",", ":")).encode() + b"\n",
        lambda data: data.replace('"申请"'.encode(), b'"\\u7533\\u8bf7"'),
        lambda data: data.replace(b'"index":3', b'"index":3.0'),
        lambda data: data.replace(b'"index":3', b'"index":3e0'),
        lambda data: data.replace(b'"index":3', b'"index":3,"index":3'),
        lambda data: data.replace(b'"rows":3', b'"rows":NaN'),
        lambda data: data.replace(b'"rows":3', b'"rows":' + b"9" * 5000),
        lambda data: data.replace(b'"rows":3', b'"rows":' + b"[" * 100_000 + b"]" * 100_000),
        lambda data: data.replace(b'"rows":3', b'"rows":"\\ud800"'),
        lambda data: data.replace(b'"rows":3', b'"rows":"\xff"'),
        lambda data: data[:-1] + b" " * RECEIPT_LIMIT + b"\n",
        lambda data: b"[" + data[:-1] + b"]\n",
        lambda data: b"3\n",
        lambda data: b"\n",
        lambda data: b"",
    ],
)
def test_the_same_receipt_written_in_another_way_is_refused(change: Callable[[bytes], bytes]) -> None:
    assert change(RECEIPT) != RECEIPT
    told = refusal(change(RECEIPT))
    assert told.code == "receipt.not_canonical"
    assert "download it again" in str(told)


# --- changes by somebody who knows the format ---


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"format": "hefu-receipt/2"}, ReceiptVersion),
        ({"format": ...}, ReceiptVersion),
        ({"format": None}, ReceiptVersion),
        ({"note": "hello"}, ReceiptFields),
        ({"witnesses": ...}, ReceiptFields),
        ({"proof": ...}, ReceiptFields),
        ({"index": True}, ReceiptFields),
        ({"index": "3"}, ReceiptFields),
        ({"entry": [entry(3)]}, ReceiptFields),
        ({"proof": ["AAAA"]}, ReceiptFields),
        ({"proof": [3]}, ReceiptFields),
        ({"proof": ["not base64!"]}, ReceiptFields),
        ({"key": "ed25519:AAAA"}, ReceiptFields),
        ({"key": f" {LOG_KEY.public.as_text()}"}, ReceiptFields),
        ({"key": 3}, ReceiptFields),
        ({"witnesses": ["province.gov.cn"]}, ReceiptFields),
        ({"witnesses": [{"name": "province.gov.cn"}]}, ReceiptFields),
        ({"witnesses": [{"name": 3, "key": WITNESS_KEY.public.as_text()}]}, ReceiptFields),
        ({"size": 6}, ReceiptCheckpoint),
        ({"origin": "other.gov.cn"}, ReceiptCheckpoint),
        ({"checkpoint": "hello"}, ReceiptCheckpoint),
        ({"key": OTHER_KEY.public.as_text()}, ReceiptSignature),
        ({"witnesses": []}, ReceiptSignature),
        ({"witnesses": [{"name": "x", "key": WITNESS_KEY.public.as_text()}]}, ReceiptSignature),
        ({"witnesses": [{"name": WITNESS.name, "key": OTHER_KEY.public.as_text()}]}, ReceiptSignature),
        ({"witnesses": [{"name": WITNESS.name, "key": WITNESS_KEY.public.as_text()}] * 2}, ReceiptSignature),
        ({"entry": entry(4)}, EntryNotUnderRoot),
        ({"entry": {**entry(3), "more": 1}}, EntryNotUnderRoot),
        ({"index": 4}, EntryNotUnderRoot),
        ({"index": 2}, EntryNotUnderRoot),
        ({"index": 5}, EntryNotUnderRoot),
        ({"index": -1}, EntryNotUnderRoot),
        ({"proof": []}, EntryNotUnderRoot),
        ({"proof": json.loads(RECEIPT)["proof"][::-1]}, EntryNotUnderRoot),
        ({"proof": [*json.loads(RECEIPT)["proof"], encode(bytes(32))]}, EntryNotUnderRoot),
    ],
)
def test_a_field_changed_in_canonical_form_is_refused_with_the_reason(
    fields: dict[str, Any], kind: type[ReceiptRefused]
) -> None:
    told = refusal(changed(**fields))
    assert type(told) is kind
    assert any(way_on in str(told) for way_on in ("for a new copy", "auditor", "newer version"))


def test_a_line_that_nobody_vouches_for_and_another_order_of_lines_are_refused() -> None:
    note = json.loads(RECEIPT)["checkpoint"]
    extra = cosign(note, name="stranger.gov.cn", signer=OTHER_KEY, at=AT)
    assert type(refusal(changed(checkpoint=extra))) is ReceiptSignature
    signed = parse_checkpoint(note)
    turned = SignedCheckpoint(signed.checkpoint, signed.signatures[::-1]).text
    assert type(refusal(changed(checkpoint=turned))) is ReceiptSignature
    alone = SignedCheckpoint(signed.checkpoint, signed.signatures[:1]).text
    assert "has not signed" in str(refusal(changed(checkpoint=alone)))


def test_a_receipt_forged_with_another_key_is_whole_but_not_trusted() -> None:
    log, head = grown([canonical(entry(99))])
    note = sign_checkpoint(Checkpoint(ORIGIN, head.size, head.root), OTHER_KEY)
    forged = issue_receipt(log, 0, checkpoint=note, key=OTHER_KEY.public)
    assert not verify_receipt(forged).pinned
    assert refusal(forged).code == "receipt.key_not_trusted"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_and_nothing_else_is_raised(data: bytes) -> None:
    refusal(data)
    refusal(data + b"\n")


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(sorted(json.loads(RECEIPT))),
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5) | st.lists(st.text(max_size=5)),
        min_size=1,
    )
)
def test_any_kind_of_value_in_any_field_is_refused_and_nothing_else_is_raised(fields: dict[str, Any]) -> None:
    data = changed(**fields)
    if data != RECEIPT:
        refusal(data)


# --- making one ---


def test_a_receipt_is_not_made_of_parts_that_do_not_fit() -> None:
    log, note = a_log()
    proof = inclusion_proof(log, 3, 5)
    with pytest.raises(EntryNotUnderRoot):
        make_receipt(entry=entry(2), index=3, proof=proof, checkpoint=note, key=LOG_KEY.public)
    with pytest.raises(EntryNotUnderRoot):
        make_receipt(entry=entry(3), index=2, proof=proof, checkpoint=note, key=LOG_KEY.public)
    with pytest.raises(CheckpointRefused, match="has not signed"):
        make_receipt(entry=entry(3), index=3, proof=proof, checkpoint=note, key=OTHER_KEY.public)
    with pytest.raises(NotCanonical):
        make_receipt(entry={"a": 1.5}, index=3, proof=proof, checkpoint=note, key=LOG_KEY.public)
    with pytest.raises(LeafTooLarge):
        make_receipt(entry={"a": "x" * 65_536}, index=3, proof=proof, checkpoint=note, key=LOG_KEY.public)


def test_an_entry_that_is_not_a_canonical_object_has_no_receipt() -> None:
    for leaf in (b"plain bytes", b'{"b":1, "a":2}', b"[1]", b'"text"'):
        log, _ = grown([leaf])
        note = log.checkpoint()
        assert note is not None
        with pytest.raises(NoReceipt, match="Entry 0 has no receipt"):
            issue_receipt(log, 0, checkpoint=note, key=LOG_KEY.public)


def test_an_entry_after_the_checkpoint_has_no_receipt_yet() -> None:
    log, note = a_log()
    with pytest.raises(IndexError):
        issue_receipt(log, 5, checkpoint=note, key=LOG_KEY.public)


def test_the_largest_entry_still_fits_a_receipt_with_a_hundred_witnesses() -> None:
    large = {"text": "\x01" * 10_000, "more": "界" * 1_800}
    room = 65_535 - len(canonical(large))
    large["more"] += "x" * room
    log, _ = grown([canonical(large)])
    note = log.checkpoint()
    assert note is not None
    witnesses = [Witness(f"w{number:03d}.city.province.gov.cn", WITNESS_KEY.public) for number in range(100)]
    for witness in witnesses:
        note = cosign(note, name=witness.name, signer=WITNESS_KEY, at=AT)
    receipt = issue_receipt(log, 0, checkpoint=note, key=LOG_KEY.public, witnesses=witnesses)
    assert len(verify_receipt(receipt, trusted=[LOG_KEY.public]).cosignatures) == 100


# --- what it costs ---


def test_an_offline_check_takes_less_than_fifty_milliseconds() -> None:
    receipt = a_receipt(70_000, 70_001)
    took = []
    for _ in range(20):
        begin = time.perf_counter()
        verify_receipt(receipt, trusted=[LOG_KEY.public])
        took.append(time.perf_counter() - begin)
    assert sorted(took)[10] < 0.050


def test_checking_a_receipt_loads_nothing_heavy() -> None:
    script = "import sys, hefu.ledger.receipt; print(*sys.modules)"
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=paths)
    loaded = done.stdout.split()
    assert "hefu.ledger.receipt" in loaded
    heavy = {"django", "numpy", "pyarrow", "duckdb", "sqlglot", "yaml", "psycopg", "asyncio", "click", "tempfile"}
    assert heavy.isdisjoint(loaded)
