"""Messages of logical replication, byte by byte as the protocol has them, and what is kept of changes."""

import struct

import pytest

from hefu.dataplane.capture.pending import Pending
from hefu.dataplane.capture.pgoutput import (
    UNCHANGED,
    Begin,
    Commit,
    Delete,
    Garbled,
    Insert,
    Relation,
    Truncate,
    Update,
    decode,
    lsn_number,
    lsn_text,
)


def a_row(*values: object) -> bytes:
    made = struct.pack(">H", len(values))
    for value in values:
        if value is None:
            made += b"n"
        elif value is UNCHANGED:
            made += b"u"
        else:
            data = bytes(value)  # type: ignore[call-overload]
            made += b"t" + struct.pack(">I", len(data)) + data
    return made


OID = struct.pack(">I", 16_400)
RELATION = (
    b"R" + OID + b"public\0people\0d" + struct.pack(">H", 2)
    + b"\1id\0" + struct.pack(">Ii", 25, -1) + b"\0name\0" + struct.pack(">Ii", 1043, 54)
)  # fmt: skip


class TestMessages:
    @pytest.mark.parametrize(
        ("data", "meant"),
        [
            (b"B" + struct.pack(">QqI", 0x16B374D848, 7, 99), Begin(0x16B374D848)),
            (b"C\0" + struct.pack(">QQq", 5, 0x16B374D900, 8), Commit(0x16B374D900, 8)),
            (RELATION, Relation(16_400, "public", "people", "d", ("id", "name"), ("id",))),
            (b"I" + OID + b"N" + a_row(b"1", "王".encode()), Insert(16_400, (b"1", "王".encode()))),
            (b"U" + OID + b"N" + a_row(b"1", None), Update(16_400, None, (b"1", None))),
            (
                b"U" + OID + b"K" + a_row(b"1", None) + b"N" + a_row(b"2", UNCHANGED),
                Update(16_400, (b"1", None), (b"2", UNCHANGED)),
            ),
            (
                b"U" + OID + b"O" + a_row(b"1", b"a") + b"N" + a_row(b"1", b"b"),
                Update(16_400, (b"1", b"a"), (b"1", b"b")),
            ),
            (b"D" + OID + b"K" + a_row(b"1", None), Delete(16_400, (b"1", None))),
            (b"T" + struct.pack(">IBII", 2, 0, 16_400, 16_500), Truncate((16_400, 16_500))),
            (b"O" + struct.pack(">Q", 5) + b"elsewhere\0", None),
        ],
    )
    def test_each_is_read_as_the_protocol_has_it(self, data: bytes, meant: object) -> None:
        assert (type(decode(data)), decode(data)) == (type(meant), meant)

    @pytest.mark.parametrize(
        "data",
        [b"", b"?", b"I" + OID, b"I" + OID + b"N" + a_row(b"long value")[:-3], RELATION[:9], RELATION[:-6],
         b"I" + OID + b"N\0\1x", b"B\0\0"],
    )  # fmt: skip
    def test_what_is_cut_off_or_unknown_is_refused(self, data: bytes) -> None:
        with pytest.raises(Garbled):
            decode(data)

    def test_a_position_is_written_as_the_server_does(self) -> None:
        assert lsn_text(0x16B374D848) == "16/B374D848"
        assert lsn_number(lsn_text(0xFFFFFFFF_FFFFFFFF)) == 0xFFFFFFFF_FFFFFFFF


class TestPending:
    @pytest.fixture
    def pending(self) -> Pending:
        return Pending(Relation(1, "public", "people", "d", ("name", "id", "story"), ("id",)), ["id"])

    def test_of_each_key_the_last_change_stands(self, pending: Pending) -> None:
        pending.take(Insert(1, (b"a", b"1", b"x")))
        pending.take(Update(1, None, (b"b", b"1", b"x")))
        pending.take(Insert(1, (b"c", b"2", b"x")))
        pending.take(Delete(1, (None, b"2", None)))
        pending.take(Insert(1, (b"d", b"2", b"y")))
        assert pending.last == {(b"1",): (b"b", b"1", b"x"), (b"2",): (b"d", b"2", b"y")}
        assert (pending.changes, pending.rows) == (5, [(b"b", b"1", b"x"), (b"d", b"2", b"y")])

    def test_a_row_that_changes_its_key_leaves_the_old_one(self, pending: Pending) -> None:
        pending.take(Insert(1, (b"a", b"1", b"x")))
        pending.take(Update(1, (None, b"1", None), (b"a", b"9", UNCHANGED)))
        assert pending.last == {(b"1",): None, (b"9",): (b"a", b"9", b"x")}

    def test_what_was_not_sent_is_taken_from_the_row_before(self, pending: Pending) -> None:
        pending.take(Update(1, None, (b"a", b"1", UNCHANGED)))
        assert pending.last == {(b"1",): (b"a", b"1", UNCHANGED)}
        whole = Pending(Relation(1, "public", "people", "f", ("name", "id", "story"), ()), ["id"])
        whole.take(Update(1, (b"a", b"1", b"long"), (b"b", b"1", UNCHANGED)))
        assert whole.last == {(b"1",): (b"b", b"1", b"long")}

    def test_a_table_that_is_emptied_forgets_what_came_before(self, pending: Pending) -> None:
        pending.take(Insert(1, (b"a", b"1", b"x")))
        pending.take(Truncate((1,)))
        pending.take(Insert(1, (b"b", b"2", b"x")))
        assert pending.emptied
        assert list(pending.last) == [(b"2",)]
