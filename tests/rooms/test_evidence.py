"""The evidence room: what is recorded stays, is sequenced in order, and can be proved offline."""

import json
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from hefu.crypto.signing import PublicKey
from hefu.kernel.actor import Role
from hefu.kernel.citation import Citation
from hefu.kernel.refusal import NotFound
from hefu.ledger.errors import LeafTooLarge, LogDamaged
from hefu.ledger.fsck import fsck
from hefu.ledger.receipt import ReceiptRefused, verify_receipt
from hefu.rooms.evidence import queries, services
from hefu.rooms.evidence.errors import WrongBody
from hefu.rooms.evidence.models import Checkpoint, Entry, Tile
from hefu.rooms.evidence.terms import KeyPurpose, Kind
from tests.builders import NOON, SYSTEM, a_department, an_actor, the_authority

COUNTED = Kind("test.counted", 1, ("rows",))


def record(rows: int = 1, *, subject: str = "T1", concerns: tuple = ()) -> Entry:
    return services.record(
        COUNTED,
        subject=subject,
        by=SYSTEM,
        at=NOON.now() + timedelta(seconds=rows),
        body={"rows": rows},
        basis=[Citation("decree-809", "21")],
        concerns=concerns,
    )


@pytest.mark.django_db
class TestRecording:
    def test_an_entry_says_who_what_when_and_on_what_basis(self) -> None:
        leaf = json.loads(bytes(record(7).leaf))
        assert leaf["body"] == {"rows": 7}
        assert leaf["by"] == "system:test"
        assert leaf["basis"] == [{"article": "21", "document": "decree-809", "title": ""}]

    def test_a_body_that_lacks_a_declared_field_is_refused(self) -> None:
        with pytest.raises(WrongBody, match="rows"):
            services.record(COUNTED, subject="T1", by=SYSTEM, at=NOON.now(), body={})

    def test_an_entry_too_long_for_the_log_is_refused_when_recorded(self) -> None:
        kind = Kind("test.long", 1, ("text",))
        with pytest.raises(LeafTooLarge):
            services.record(kind, subject="T1", by=SYSTEM, at=NOON.now(), body={"text": "字" * 30_000})

    @pytest.mark.parametrize("change", ["DELETE FROM evidence_entry", "UPDATE evidence_entry SET subject = 'T2'"])
    def test_the_database_itself_refuses_to_change_or_delete_an_entry(self, change: str) -> None:
        record()
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)

    def test_a_place_in_the_log_is_given_once(self) -> None:
        entry = record()
        services.sequence(clock=NOON)
        with pytest.raises(DatabaseError), transaction.atomic():
            Entry.objects.filter(pk=entry.pk).update(leaf_index=900)


@pytest.mark.django_db
class TestSequencing:
    def test_entries_get_places_in_the_order_of_recording_and_a_signed_head(self) -> None:
        made = [record(rows) for rows in range(5)]
        while services.sequence(clock=NOON):
            pass
        places = [Entry.objects.get(pk=entry.pk).leaf_index for entry in made]
        assert places == sorted(places)
        newest = queries.latest_checkpoint()
        assert newest is not None
        assert newest.size == Entry.objects.count()

    def test_many_batches_make_one_log_that_fsck_finds_whole(self) -> None:
        for rows in range(700):
            record(rows)
        while services.sequence(clock=NOON, limit=97):
            pass
        key = queries.public_keys(KeyPurpose.LOG)[0]
        report = fsck(queries.DatabaseLog(), key)
        assert report.ok, report.fault
        assert report.entries == report.head.size == Entry.objects.count()

    def test_a_damaged_tile_is_never_signed_over(self) -> None:
        record()
        while services.sequence(clock=NOON):
            pass
        Tile.objects.filter(level=0).update(data=b"\x00" * 32)
        record()
        before = Checkpoint.objects.count()
        with pytest.raises(LogDamaged):
            services.sequence(clock=NOON)
        assert Checkpoint.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_two_sequencers_at_once_give_every_entry_one_place() -> None:
    for rows in range(300):
        record(rows)

    def work() -> None:
        for _ in range(60):
            services.sequence(clock=NOON, limit=20)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while services.sequence(clock=NOON):
        pass
    places = list(Entry.objects.order_by("leaf_index").values_list("leaf_index", flat=True))
    assert places == list(range(len(places)))


@pytest.mark.django_db
class TestReceipts:
    def test_a_receipt_verifies_with_the_nodes_key_and_no_database(self) -> None:
        entry = record(42)
        data = services.receipt_for(entry_uid=entry.uid, viewer=SYSTEM, clock=NOON)
        key = queries.public_keys(KeyPurpose.LOG)[0]
        verified = verify_receipt(data, trusted=[key])
        assert verified.pinned
        assert verified.entry["body"] == {"rows": 42}

    def test_a_receipt_with_another_count_is_refused(self) -> None:
        data = services.receipt_for(entry_uid=record(42).uid, viewer=SYSTEM, clock=NOON)
        with pytest.raises(ReceiptRefused):
            verify_receipt(data.replace(b'"rows":42', b'"rows":43'))

    def test_another_nodes_key_is_not_trusted(self) -> None:
        data = services.receipt_for(entry_uid=record().uid, viewer=SYSTEM, clock=NOON)
        other = PublicKey("ed25519", b"\x07" * 32)
        with pytest.raises(ReceiptRefused):
            verify_receipt(data, trusted=[other])


@pytest.mark.django_db
class TestWhoReads:
    def test_a_department_reads_what_concerns_it_and_nothing_else(self) -> None:
        ours, theirs = a_department(), a_department()
        entry = record(concerns=(ours.pk,))
        assert queries.entry(entry.uid, viewer=an_actor(ours)) == entry
        with pytest.raises(NotFound):
            queries.entry(entry.uid, viewer=an_actor(theirs))

    def test_the_auditor_reads_all_and_the_operator_none(self) -> None:
        office = a_department()
        record(concerns=(office.pk,))
        assert queries.entries(viewer=an_actor(office, Role.AUDITOR), subject="T1").count() == 1
        assert queries.entries(viewer=an_actor(office, Role.OPERATOR), subject="T1").count() == 0

    def test_the_authoritys_reviewer_reads_all(self) -> None:
        record()
        reviewer = an_actor(the_authority(), Role.REVIEWER)
        assert queries.entries(viewer=reviewer, subject="T1").count() == 1

    def test_an_address_that_is_no_id_is_not_found(self) -> None:
        for guess in ("1", "x", str(uuid4())):
            with pytest.raises(NotFound):
                queries.entry(guess, viewer=SYSTEM)


@pytest.mark.django_db
def test_a_checkpoint_that_was_taken_away_is_noticed() -> None:
    record()
    while services.sequence(clock=NOON):
        pass
    assert queries.unsigned() == 0
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE evidence_checkpoint DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM evidence_checkpoint")
    assert queries.unsigned() > 0


@pytest.mark.django_db
def test_many_entries_are_recorded_at_once_in_their_order() -> None:
    many = [
        services.written(COUNTED, subject="T9", by=SYSTEM, at=NOON.now(), body={"rows": rows}) for rows in range(250)
    ]
    services.record_all(many)
    while services.sequence(clock=NOON):
        pass
    found = queries.entries(viewer=SYSTEM, subject="T9").order_by("leaf_index")
    assert [entry.body["rows"] for entry in found] == list(range(250))
