"""The evidence browser: who reads what, receipts that verify, and the public pages of proof."""

import io
import json

import pytest
from django.test import Client

from hefu.kernel.actor import Role
from hefu.ledger.receipt import RECEIPT_LIMIT, verify_receipt
from hefu.portal.evidence.words import KIND_NAMES
from hefu.rooms.evidence.models import Entry
from hefu.rooms.evidence.queries import history, public_keys
from hefu.rooms.evidence.services import sequence
from hefu.rooms.evidence.terms import KeyPurpose
from hefu.rooms.parties.models import Department
from tests.builders import NOON, SYSTEM, a_department
from tests.portal.types import SignIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Department:
    return a_department("市民政局")


@pytest.fixture
def entry(office: Department) -> Entry:
    return history(office.credit_code, viewer=SYSTEM)[0]


@pytest.fixture
def auditor(signed_in: SignIn) -> Client:
    return signed_in(a_department("审计局"), Role.AUDITOR)


def uploaded(content: bytes) -> dict[str, object]:
    file = io.BytesIO(content)
    file.name = "receipt.json"
    return {"receipt": file}


class TestBrowsing:
    def test_the_auditor_reads_all_and_finds_by_subject_kind_and_day(
        self, auditor: Client, office: Department, entry: Entry
    ) -> None:
        found = auditor.get("/evidence/", {"q": office.credit_code.lower()}).context["list"]
        assert [row.uid for row in found.page] == [entry.uid]
        assert auditor.get("/evidence/", {"kind": "seat.given"}).context["list"].count > 0
        assert auditor.get("/evidence/", {"at_from": "2026-03-12"}).context["list"].count == 0
        assert auditor.get("/evidence/", {"at_from": "2026-03-11", "at_until": "2026-03-11"}).context["list"].count > 0

    def test_a_department_reads_what_concerns_it_and_no_more(
        self, office: Department, entry: Entry, signed_in: SignIn
    ) -> None:
        assert signed_in(office).get(f"/evidence/{entry.uid}/").status_code == 200
        other = signed_in(a_department())
        assert other.get(f"/evidence/{entry.uid}/").status_code == 404
        assert other.get(f"/evidence/{entry.uid}/receipt").status_code == 404
        assert office.credit_code not in other.get("/evidence/").content.decode()

    def test_who_runs_the_machine_does_not_read_the_record(self, entry: Entry, signed_in: SignIn) -> None:
        operator = signed_in(a_department(), Role.OPERATOR)
        assert operator.get(f"/evidence/{entry.uid}/").status_code == 404
        assert operator.get("/evidence/").context["list"].count == 0

    def test_an_entry_shows_its_words_its_bytes_and_its_place(self, auditor: Client, entry: Entry) -> None:
        waiting = auditor.get(f"/evidence/{entry.uid}/").content.decode()
        assert "not in the log yet" in waiting
        sequence(clock=NOON)
        text = auditor.get(f"/evidence/{entry.uid}/").content.decode()
        assert "Department registered" in text
        assert "市民政局" in text
        assert str(entry.uid) in text
        assert "not in the log yet" not in text

    def test_taking_the_list_out_goes_on_record(self, auditor: Client, entry: Entry) -> None:
        answer = auditor.get("/evidence/?format=csv")
        assert entry.subject in b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
        (exported,) = Entry.objects.filter(kind="evidence.exported")
        assert exported.body["entries"] > 0


class TestReceipts:
    def receipt(self, client: Client, entry: Entry) -> bytes:
        answer = client.get(f"/evidence/{entry.uid}/receipt")
        assert answer.status_code == 200
        assert "attachment" in answer["Content-Disposition"]
        return answer.content

    def test_a_downloaded_receipt_verifies_offline(self, auditor: Client, entry: Entry) -> None:
        verified = verify_receipt(self.receipt(auditor, entry), trusted=public_keys(KeyPurpose.LOG))
        assert verified.entry["subject"] == entry.subject

    def test_anybody_checks_a_receipt_without_signing_in(self, auditor: Client, entry: Entry) -> None:
        stranger = Client()
        stranger.cookies["django_language"] = "en"
        answer = stranger.post("/evidence/verify", uploaded(self.receipt(auditor, entry)))
        text = answer.content.decode()
        assert answer.status_code == 200
        assert "The receipt is genuine" in text
        assert entry.subject in text

    def test_a_changed_byte_is_refused_with_the_reason(self, auditor: Client, entry: Entry) -> None:
        content = self.receipt(auditor, entry)
        changed = content.replace("市民政局".encode(), "市公安局".encode())
        assert changed != content
        answer = Client().post("/evidence/verify", uploaded(changed))
        assert answer.status_code == 422
        assert "receipt.not_under_root" in answer.content.decode()

    @pytest.mark.parametrize("content", [b"", b"not json", b"[" * 5000, b"x" * (RECEIPT_LIMIT + 10)])
    def test_rubbish_is_refused_and_breaks_nothing(self, content: bytes) -> None:
        assert Client().post("/evidence/verify", uploaded(content)).status_code == 422

    def test_a_receipt_of_another_node_is_not_called_genuine(self, auditor: Client, entry: Entry) -> None:
        from hefu.crypto.signing import Ed25519Signer
        from hefu.kernel.canonical import canonical
        from hefu.ledger.checkpoint import Checkpoint, sign_checkpoint
        from hefu.ledger.hashing import leaf_hash
        from hefu.ledger.receipt import make_receipt

        foreign = Ed25519Signer.generate()
        document = json.loads(bytes(entry.leaf))
        note = sign_checkpoint(Checkpoint("elsewhere.example/log", 1, leaf_hash(canonical(document))), foreign)
        content = make_receipt(entry=document, index=0, proof=[], checkpoint=note, key=foreign.public)
        sequence(clock=NOON)  # our log has a key of its own
        answer = Client().post("/evidence/verify", uploaded(content))
        assert answer.status_code == 422
        assert "receipt.key_not_trusted" in answer.content.decode()


class TestPublicProof:
    def test_keys_and_checkpoint_are_for_everybody(self, office: Department) -> None:
        sequence(clock=NOON)
        text = Client().get("/evidence/keys").content.decode()
        (key,) = public_keys(KeyPurpose.LOG)
        assert key.fingerprint in text
        assert key.as_text() in text
        note = Client().get("/evidence/checkpoint")
        assert note["Content-Type"].startswith("text/plain")
        assert note.content.decode() in text.replace("&#x27;", "'").replace("&quot;", '"').replace("&amp;", "&")

    def test_an_empty_log_says_so(self) -> None:
        assert Client().get("/evidence/keys").status_code == 200
        assert Client().get("/evidence/checkpoint").content == b""


def test_every_kind_of_evidence_has_a_name_for_readers() -> None:
    from importlib import import_module
    from pkgutil import walk_packages

    import hefu.rooms
    from hefu.rooms.evidence.terms import Kind

    declared = set()
    for module in walk_packages(hefu.rooms.__path__, "hefu.rooms."):
        if ".terms" in module.name:
            found = vars(import_module(module.name)).values()
            declared |= {thing.code for thing in found if isinstance(thing, Kind)}
    assert declared - set(KIND_NAMES) == set()
    assert set(KIND_NAMES) - declared == set()


def test_every_act_that_a_room_guards_has_a_name_for_readers() -> None:
    from hefu.portal.facts import ACTIONS
    from hefu.rooms.catalog import access as catalog
    from hefu.rooms.clocks import access as clocks
    from hefu.rooms.deliveries import access as deliveries
    from hefu.rooms.grants import access as grants
    from hefu.rooms.parties import access as parties
    from hefu.rooms.requests import access as requests
    from hefu.rooms.resources import access as resources

    guarded = set(catalog.OF_PROVIDER) | set(catalog.OF_AUTHORITY) | set(clocks.MAY) | set(deliveries.MAY)
    guarded |= set(grants.MAY) | set(parties.MAY) | set(requests.MAY)
    guarded |= set(resources.OF_OWNER) | set(resources.OF_OPERATOR) | set(resources.OF_AUTHORITY)
    assert guarded - set(ACTIONS) == set()
