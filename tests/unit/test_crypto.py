"""Signatures and seals: the right key opens, everything else is refused."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hefu.crypto.sealing import SealBroken, new_master_key, seal, unseal
from hefu.crypto.signing import Ed25519Signer, KeyFault, PublicKey

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=.+/! \n"
SIGNER = Ed25519Signer(bytes(range(32)))
MASTER = bytes(range(32))
KEY_TEXT = SIGNER.public.as_text()


# --- signing ---


@pytest.mark.parametrize(
    ("seed", "public", "message", "signature"),
    [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00",
        ),
    ],
)
def test_signatures_are_those_of_rfc_8032(seed: str, public: str, message: str, signature: str) -> None:
    signer = Ed25519Signer(bytes.fromhex(seed))
    assert signer.public.raw.hex() == public
    assert signer.sign(bytes.fromhex(message)).hex() == signature
    assert signer.public.verify(bytes.fromhex(signature), bytes.fromhex(message))


@given(st.binary(max_size=200))
def test_what_a_key_signs_its_public_half_verifies_and_no_other_does(data: bytes) -> None:
    signature = SIGNER.sign(data)
    assert SIGNER.public.verify(signature, data)
    assert not Ed25519Signer(bytes(32)).public.verify(signature, data)
    assert not SIGNER.public.verify(signature, data + b"\x00")


def test_no_changed_or_cut_signature_verifies() -> None:
    signature = SIGNER.sign(b"data")
    for place in range(len(signature)):
        for bit in range(8):
            changed = bytearray(signature)
            changed[place] ^= 1 << bit
            assert not SIGNER.public.verify(bytes(changed), b"data")
    for length in range(len(signature)):
        assert not SIGNER.public.verify(signature[:length], b"data")
    assert not SIGNER.public.verify(signature + b"\x00", b"data")


def test_a_signature_with_the_group_order_added_is_refused() -> None:
    # The same signature in a second spelling: RFC 8032 section 5.1.7 asks for S below the order.
    order = 2**252 + 27742317777372353535851937790883648493
    signature = SIGNER.sign(b"data")
    twin = int.from_bytes(signature[32:], "little") + order
    assert not SIGNER.public.verify(signature[:32] + twin.to_bytes(32, "little"), b"data")


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=64, max_size=64))
def test_bytes_that_are_no_point_of_the_curve_verify_nothing(raw: bytes, signature: bytes) -> None:
    assert not PublicKey("ed25519", raw).verify(signature, b"data")


def test_a_key_is_read_back_from_its_text_and_from_its_seed() -> None:
    assert PublicKey.from_text(KEY_TEXT) == SIGNER.public
    assert PublicKey.from_text(f"  {KEY_TEXT}\n") == SIGNER.public
    fresh = Ed25519Signer.generate()
    assert Ed25519Signer(fresh.seed).public == fresh.public
    assert Ed25519Signer.generate().public != fresh.public


def test_the_fingerprint_is_short_stable_and_different_for_another_key() -> None:
    assert SIGNER.public.fingerprint == PublicKey.from_text(KEY_TEXT).fingerprint
    assert len(SIGNER.public.fingerprint) == 16
    assert SIGNER.public.fingerprint != Ed25519Signer(bytes(32)).public.fingerprint


def test_one_key_has_one_text_so_no_changed_sign_reads_as_the_same_key() -> None:
    for place, old in enumerate(KEY_TEXT):
        for new in ALPHABET:
            if new != old and (0 < place < len(KEY_TEXT) - 1 or not new.isspace()):
                changed = KEY_TEXT[:place] + new + KEY_TEXT[place + 1 :]
                try:
                    assert PublicKey.from_text(changed) != SIGNER.public
                except KeyFault:
                    continue


@pytest.mark.parametrize(
    "text",
    ["", "ed25519", "ed25519:", "ed25519:AAAA", "rsa:" + "A" * 43 + "=", KEY_TEXT[:-1], KEY_TEXT + "=", "ed25519:中文"],
)
def test_what_is_not_a_key_is_refused(text: str) -> None:
    with pytest.raises(KeyFault):
        PublicKey.from_text(text)


def test_a_seed_of_another_length_is_refused() -> None:
    with pytest.raises(KeyFault, match="32 bytes, not 31"):
        Ed25519Signer(bytes(31))


# --- sealing ---


@given(st.binary(max_size=100))
def test_a_sealed_secret_opens_with_the_same_key_and_purpose(secret: bytes) -> None:
    assert unseal(MASTER, seal(MASTER, secret, purpose="source:1"), purpose="source:1") == secret


def test_sealing_twice_gives_two_texts_and_neither_shows_the_secret() -> None:
    one, two = (seal(MASTER, b"correct horse", purpose="p") for _ in range(2))
    assert one != two
    for text in (one, two):
        assert b"horse" not in base64.urlsafe_b64decode(text.partition(".")[2])
        assert text.startswith("v1.")


@pytest.mark.parametrize("purpose", ["source:2", "source:1 ", "", "source:10", "Source:1"])
def test_a_sealed_secret_moved_to_another_purpose_does_not_open(purpose: str) -> None:
    with pytest.raises(SealBroken, match="moved"):
        unseal(MASTER, seal(MASTER, b"secret", purpose="source:1"), purpose=purpose)


def test_another_master_key_opens_nothing_and_the_message_names_the_setting() -> None:
    sealed = seal(MASTER, b"secret", purpose="p")
    for other in (new_master_key(), bytes(32), MASTER[:16], b""):
        with pytest.raises(SealBroken, match="HEFU_MASTER_KEY"):
            unseal(other, sealed, purpose="p")


def test_no_changed_added_or_missing_sign_of_a_sealed_secret_opens_it() -> None:
    sealed = seal(MASTER, b"secret", purpose="p")
    for place, old in enumerate(sealed):
        for new in ALPHABET:
            if new != old:
                with pytest.raises(SealBroken):
                    unseal(MASTER, sealed[:place] + new + sealed[place + 1 :], purpose="p")
            with pytest.raises(SealBroken):
                unseal(MASTER, sealed[:place] + new + sealed[place:], purpose="p")
    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            unseal(MASTER, sealed[:length], purpose="p")


def test_a_text_that_was_never_sealed_is_told_apart_from_a_wrong_key() -> None:
    for text in ("", "password", "v2.AAAA", "v1.", "v1.中文", "v1." + "A" * 200):
        with pytest.raises(SealBroken, match="not a sealed secret" if len(text) < 100 else "does not open"):
            unseal(MASTER, text, purpose="p")
