"""A receipt is one piece: any changed byte refuses it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from hefu.crypto.signing import Ed25519Signer
from hefu.kernel.canonical import canonical
from hefu.ledger.checkpoint import Checkpoint, Witness, cosign, sign_checkpoint
from hefu.ledger.receipt import KeyNotTrusted, ReceiptRefused, issue_receipt, verify_receipt
from hefu.ledger.storage import MemoryLog
from hefu.ledger.tree import EMPTY, integrate

LOG_KEY = Ed25519Signer(bytes(range(32)))
WITNESS_KEY = Ed25519Signer(bytes(range(32, 64)))
OTHER_KEY = Ed25519Signer(bytes(range(64, 96)))
ORIGIN = "data.example.gov.cn/log"


def entry(number: int) -> dict[str, Any]:
    return {"kind": "request.decided", "number": number, "subject": "申请", "body": {"rows": 3, "ok": True}}


def a_log(entries: int = 5) -> tuple[MemoryLog, str]:
    log = MemoryLog()
    growth = integrate(EMPTY, [canonical(entry(number)) for number in range(entries)], log)
    log.write(growth.tiles)
    log.publish(sign_checkpoint(Checkpoint(ORIGIN, growth.head.size, growth.head.root), LOG_KEY))
    note = log.checkpoint()
    assert note is not None
    return log, note


def a_receipt(index: int = 3, entries: int = 5) -> bytes:
    log, note = a_log(entries)
    note = cosign(note, name="province.gov.cn", signer=WITNESS_KEY, at=datetime(2026, 1, 5, tzinfo=UTC))
    witness = Witness("province.gov.cn", WITNESS_KEY.public)
    return issue_receipt(log, index, checkpoint=note, key=LOG_KEY.public, witnesses=[witness])


def test_a_receipt_proves_its_entry_under_a_trusted_key() -> None:
    verified = verify_receipt(a_receipt(), trusted=[OTHER_KEY.public, LOG_KEY.public])
    assert verified.entry == entry(3)
    assert (verified.index, verified.checkpoint.size, verified.pinned) == (3, 5, True)
    assert [(seen.witness.name, seen.at) for seen in verified.cosignatures] == [
        ("province.gov.cn", datetime(2026, 1, 5, tzinfo=UTC))
    ]


def test_without_a_trusted_key_the_result_says_so_and_gives_the_fingerprint_to_compare() -> None:
    verified = verify_receipt(a_receipt())
    assert not verified.pinned
    assert verified.fingerprint == LOG_KEY.public.fingerprint


def test_a_receipt_of_another_key_than_the_trusted_ones_is_refused() -> None:
    with pytest.raises(KeyNotTrusted, match=LOG_KEY.public.fingerprint):
        verify_receipt(a_receipt(), trusted=[OTHER_KEY.public])


def test_every_flipped_byte_is_refused() -> None:
    receipt = a_receipt()
    for place, byte in enumerate(receipt):
        for changed in {byte ^ 0x01, byte ^ 0x20, byte ^ 0x80, 0x00, 0x20, 0x30, 0x41, 0x7D, 0xFF} - {byte}:
            forged = receipt[:place] + bytes([changed]) + receipt[place + 1 :]
            with pytest.raises(ReceiptRefused):
                verify_receipt(forged)
