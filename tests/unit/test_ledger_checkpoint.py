"""Checkpoints are C2SP notes: read strictly, signed by the log, cosigned by witnesses."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hefu.crypto.signing import PublicKey
from hefu.kernel.clock import CHINA
from hefu.ledger.checkpoint import (
    COSIGNATURE_V1,
    ED25519_NOTE,
    Checkpoint,
    SignatureLine,
    SignedCheckpoint,
    Witness,
    cosign,
    decode,
    encode,
    key_id,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
    verifier_key,
)
from hefu.ledger.errors import CheckpointRefused, NameRefused
from hefu.ledger.hashing import EMPTY_ROOT
from tests.unit.ledger_model import LOG_KEY, ORIGIN, OTHER_KEY, WITNESS_KEY

#: The example of C2SP tlog-cosignature.
EXAMPLE = (
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
CHECKPOINT = Checkpoint(ORIGIN, 5, b"\x07" * 32)
NOTE = sign_checkpoint(CHECKPOINT, LOG_KEY)
WITNESS = Witness("province.gov.cn", WITNESS_KEY.public)
AT = datetime(2026, 1, 5, 8, 30, 15, 999_999, tzinfo=CHINA)
COSIGNED = cosign(NOTE, name=WITNESS.name, signer=WITNESS_KEY, at=AT)


def refused(note: str) -> str:
    with pytest.raises(CheckpointRefused) as caught:
        open_checkpoint(note, origin=ORIGIN, key=LOG_KEY.public, witnesses=[WITNESS])
    assert "Fetch the log's checkpoint again" in str(caught.value)
    reason = caught.value.facts["reason"]
    assert isinstance(reason, str)
    return reason


# --- published examples ---


def test_the_verifier_key_and_the_signature_of_the_signed_note_specification() -> None:
    text = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    key = PublicKey("ed25519", decode(text.split("+", 2)[2])[1:])
    assert verifier_key("example.com/foo", key) == text
    raw = decode("Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=")
    line = SignatureLine("example.com/foo", raw[:4], raw[4:])
    assert line.key_id == key_id("example.com/foo", key, ED25519_NOTE)
    assert key.verify(line.signature, b"This is an example message.\n")


def test_the_verifier_key_of_the_public_go_checksum_database() -> None:
    text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    key = PublicKey("ed25519", decode(text.split("+", 2)[2])[1:])
    assert verifier_key("sum.golang.org", key) == text


def test_the_example_of_the_cosignature_specification_reads_and_writes_back() -> None:
    signed = parse_checkpoint(EXAMPLE)
    assert signed.checkpoint.origin == "example.com/behind-the-sofa"
    assert signed.checkpoint.size == 20_852_163
    assert signed.text == EXAMPLE
    _, witness = signed.signatures
    assert witness.name == "witness.example.com/w1"
    assert int.from_bytes(witness.signature[:8], "big") == 1_679_315_147
    assert len(witness.signature) == 8 + 64


# --- signing and opening ---


def test_a_signed_checkpoint_opens_with_the_log_s_key() -> None:
    opened = open_checkpoint(NOTE, origin=ORIGIN, key=LOG_KEY.public)
    assert opened.checkpoint == CHECKPOINT
    assert opened.checkpoint.head.size == 5
    assert opened.cosignatures == ()
    assert opened.note == NOTE


def test_the_signed_text_is_origin_size_and_root() -> None:
    body, _, line = NOTE.partition("\n\n")
    assert body == f"{ORIGIN}\n5\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="
    raw = decode(line.removeprefix(f"— {ORIGIN} ").removesuffix("\n"))
    assert LOG_KEY.public.verify(raw[4:], (body + "\n").encode())


def test_the_empty_log_and_extension_lines_are_signed_as_they_are() -> None:
    checkpoint = Checkpoint(ORIGIN, 0, EMPTY_ROOT, ("shard 2026", "第二行"))
    note = sign_checkpoint(checkpoint, LOG_KEY)
    assert open_checkpoint(note, origin=ORIGIN, key=LOG_KEY.public).checkpoint == checkpoint
    assert refused(note.replace("2026", "2027")) == f"the signature of the key {LOG_KEY.public.fingerprint} is wrong"


def test_another_key_another_log_and_a_forged_line_are_refused() -> None:
    with pytest.raises(CheckpointRefused, match=f"the key {OTHER_KEY.public.fingerprint} has not signed it"):
        open_checkpoint(NOTE, origin=ORIGIN, key=OTHER_KEY.public)
    with pytest.raises(CheckpointRefused, match=r"not of 'other\.gov\.cn'"):
        open_checkpoint(NOTE, origin="other.gov.cn", key=LOG_KEY.public)
    forged = SignatureLine(
        ORIGIN, key_id(ORIGIN, LOG_KEY.public, ED25519_NOTE), OTHER_KEY.sign(CHECKPOINT.body.encode())
    )
    assert "is wrong" in refused(SignedCheckpoint(CHECKPOINT, (forged,)).text)


def test_a_log_signature_under_another_name_does_not_count() -> None:
    line = SignatureLine(
        "somebody", key_id("somebody", LOG_KEY.public, ED25519_NOTE), LOG_KEY.sign(CHECKPOINT.body.encode())
    )
    assert "has not signed it" in refused(SignedCheckpoint(CHECKPOINT, (line,)).text)


@pytest.mark.parametrize("origin", ["", "two words", "a+b", "全角　空格", "line\nbreak", "tab\tbed"])
def test_a_log_whose_name_cannot_stand_on_a_signature_line_signs_nothing(origin: str) -> None:
    with pytest.raises(NameRefused, match="Choose a name such as"):
        sign_checkpoint(Checkpoint(origin, 1, bytes(32)), LOG_KEY)


def test_a_checkpoint_that_would_not_read_back_is_not_signed() -> None:
    for wrong in (
        Checkpoint(ORIGIN, -1, bytes(32)),
        Checkpoint(ORIGIN, 1, bytes(31)),
        Checkpoint(ORIGIN, 1, bytes(32), ("",)),
        Checkpoint(ORIGIN, 1, bytes(32), ("a\x07",)),
    ):
        with pytest.raises(CheckpointRefused):
            sign_checkpoint(wrong, LOG_KEY)


# --- witnesses ---


def test_a_cosignature_names_the_witness_and_its_second() -> None:
    opened = open_checkpoint(COSIGNED, origin=ORIGIN, key=LOG_KEY.public, witnesses=[WITNESS])
    (seen,) = opened.cosignatures
    assert seen.witness == WITNESS
    assert seen.at == datetime(2026, 1, 5, 0, 30, 15, tzinfo=UTC)
    assert opened.note == COSIGNED


def test_the_cosigned_bytes_are_those_of_the_specification() -> None:
    line = parse_checkpoint(COSIGNED).signatures[1]
    seconds = int((AT - timedelta(microseconds=999_999)).timestamp())
    assert line.signature[:8] == seconds.to_bytes(8, "big")
    message = f"cosignature/v1\ntime {seconds}\n{ORIGIN}\n5\n{encode(b'%c' % 7 * 32)}\n"
    assert WITNESS_KEY.public.verify(line.signature[8:], message.encode())
    assert line.key_id == key_id(WITNESS.name, WITNESS.key, COSIGNATURE_V1)


def test_a_plain_signature_of_a_witness_counts_without_a_time() -> None:
    line = SignatureLine(
        WITNESS.name, key_id(WITNESS.name, WITNESS.key, ED25519_NOTE), WITNESS_KEY.sign(CHECKPOINT.body.encode())
    )
    signed = parse_checkpoint(NOTE)
    note = SignedCheckpoint(signed.checkpoint, (*signed.signatures, line)).text
    (seen,) = open_checkpoint(note, origin=ORIGIN, key=LOG_KEY.public, witnesses=[WITNESS]).cosignatures
    assert seen.at is None
    both = cosign(note, name=WITNESS.name, signer=WITNESS_KEY, at=AT)
    opened = open_checkpoint(both, origin=ORIGIN, key=LOG_KEY.public, witnesses=[WITNESS])
    assert [seen.at is None for seen in opened.cosignatures] == [False]
    assert opened.note == COSIGNED


def test_an_unknown_witness_is_passed_over_and_a_wrong_known_one_is_refused() -> None:
    other = Witness(WITNESS.name, OTHER_KEY.public)
    opened = open_checkpoint(COSIGNED, origin=ORIGIN, key=LOG_KEY.public, witnesses=[other])
    assert opened.cosignatures == ()
    assert opened.note == NOTE
    signed = parse_checkpoint(COSIGNED)
    for change in (b"\x01", b"\x80"):
        line = signed.signatures[1]
        wrong = SignatureLine(line.name, line.key_id, change + line.signature[1:])
        text = SignedCheckpoint(signed.checkpoint, (signed.signatures[0], wrong)).text
        assert refused(text) == "the signature of the witness province.gov.cn is wrong"


def test_a_witness_with_an_impossible_time_is_refused_even_when_its_signature_is_right() -> None:
    seconds = 2**63
    message = f"cosignature/v1\ntime {seconds}\n{CHECKPOINT.body}".encode()
    line = SignatureLine(
        WITNESS.name,
        key_id(WITNESS.name, WITNESS.key, COSIGNATURE_V1),
        seconds.to_bytes(8, "big") + WITNESS_KEY.sign(message),
    )
    text = SignedCheckpoint(CHECKPOINT, (*parse_checkpoint(NOTE).signatures, line)).text
    assert "no possible time" in refused(text)


def test_a_witness_cannot_sign_twice_or_under_a_name_that_breaks_the_line() -> None:
    with pytest.raises(CheckpointRefused, match="one key has signed twice"):
        cosign(COSIGNED, name=WITNESS.name, signer=WITNESS_KEY, at=AT)
    for name in ("", "two words", "a+b", "a\nb"):
        with pytest.raises(NameRefused):
            cosign(NOTE, name=name, signer=WITNESS_KEY, at=AT)


# --- strictness ---

BODY = CHECKPOINT.body
LINE = parse_checkpoint(NOTE).signatures[0].text


@pytest.mark.parametrize(
    ("note", "reason"),
    [
        ("", "no signature lines"),
        (BODY, "no signature lines"),
        (BODY + LINE, "no signature lines"),
        (BODY + "\n", "no signature lines"),
        (BODY + "\n" + LINE.rstrip("\n"), "no signature lines"),
        (BODY + "\n\n" + LINE, "three lines"),
        (BODY + "\n" + LINE + "\n", "no signature lines"),
        (BODY.replace("\n5\n", "\n\n5\n") + "\n" + LINE, "three lines"),
        (BODY.replace("\n5\n", "\n05\n") + "\n" + LINE, "size '05'"),
        (BODY.replace("\n5\n", "\n+5\n") + "\n" + LINE, "size '+5'"),
        (BODY.replace("\n5\n", "\n-5\n") + "\n" + LINE, "size '-5'"),
        (BODY.replace("\n5\n", "\n 5\n") + "\n" + LINE, "size ' 5'"),
        (BODY.replace("\n5\n", "\n٥\n") + "\n" + LINE, "size '٥'"),
        (BODY.replace("\n5\n", "\n" + "9" * 40 + "\n") + "\n" + LINE, "plain decimal"),
        (BODY.replace("Bwc=", "Bwd=") + "\n" + LINE, "root is not base64"),
        (BODY.replace("Bwc=", "Bwc") + "\n" + LINE, "root is not base64"),
        (BODY.replace("Bwc=", "Bw==") + "\n" + LINE, "31 bytes instead of 32"),
        (BODY.replace("\n", "\r\n") + "\n" + LINE, "plain UTF-8"),
        (BODY + "\n" + LINE.replace("— ", "- "), "signature line"),
        (BODY + "\n" + LINE.replace("— ", "—"), "signature line"),
        (BODY + "\n" + LINE.replace("— ", "—  "), "signature line"),
        (BODY + "\n" + LINE.replace("\n", " \n"), "signature is not base64"),
        (BODY + "\n" + "— a AAAAAA==\n", "holds no signature"),
        (BODY + "\n" + "— a+b AAAAAAA=\n", "signature line"),
        (BODY + "\n" + LINE + LINE, "signed twice"),
        (BODY + "\n" + LINE + "\ud800", "plain UTF-8"),
        (BODY + "\n" + LINE + "\x00\n", "plain UTF-8"),
        (BODY + "\n" + LINE * 1000, "longer than"),
    ],
)
def test_anything_but_exactly_a_checkpoint_is_refused(note: str, reason: str) -> None:
    with pytest.raises(CheckpointRefused) as caught:
        parse_checkpoint(note)
    assert reason in caught.value.facts["reason"]


def test_sixteen_witnesses_and_many_more_are_read() -> None:
    note = NOTE
    for number in range(100):
        note = cosign(note, name=f"witness-{number}.gov.cn", signer=WITNESS_KEY, at=AT)
    witnesses = [Witness(f"witness-{number}.gov.cn", WITNESS_KEY.public) for number in range(100)]
    opened = open_checkpoint(note, origin=ORIGIN, key=LOG_KEY.public, witnesses=witnesses)
    assert len(opened.cosignatures) == 100


def test_no_changed_sign_of_a_fully_checked_note_opens() -> None:
    for place, old in enumerate(COSIGNED):
        for new in "\n 0Aa=—+é":
            if new == old:
                continue
            changed = COSIGNED[:place] + new + COSIGNED[place + 1 :]
            try:
                opened = open_checkpoint(changed, origin=ORIGIN, key=LOG_KEY.public, witnesses=[WITNESS])
            except CheckpointRefused:
                continue
            # A changed name or key id makes the witness's line one of an unknown key: it no longer counts.
            assert opened.note == NOTE


@given(st.text(max_size=300))
def test_any_text_is_refused_or_writes_back_the_same(text: str) -> None:
    try:
        assert parse_checkpoint(text).text == text
    except CheckpointRefused:
        assert text != NOTE


@given(st.binary(max_size=100), st.text(max_size=20))
def test_base64_has_one_text_for_one_value(data: bytes, other: str) -> None:
    assert decode(encode(data)) == data
    try:
        assert encode(decode(other)) == other
    except ValueError:
        assert encode(data) != other
