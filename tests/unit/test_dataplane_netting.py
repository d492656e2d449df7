"""Many changes netted together are what they are one by one."""

import random
import struct

import pytest

from hefu.dataplane.capture.gathered import Gathered
from hefu.dataplane.capture.netting import Net, OneByOne, net
from hefu.dataplane.capture.pgoutput import UNCHANGED, Garbled, Relation, Row, Value
from tests.unit.test_dataplane_pgoutput import OID, a_row

COLUMNS = ("name", "id", "story", "part")
TEXTS = (b"a", b"", "王".encode(), b"tab\there", b"line\nand\rmore", b"back\\slash", b"\\N", b"x" * 300, None)


def some_changes(chance: random.Random, count: int, *, full: bool) -> list[bytes]:
    """Return changes of few keys, so that much happens to each."""

    def text() -> Value:
        return chance.choice(TEXTS)

    def key() -> Value:
        return str(chance.choice((1, 12, 123)) * chance.randint(1, 9)).encode()

    def old(name: Value, part: Value) -> bytes:
        return b"O" + a_row(text(), name, text(), part) if full else b"K" + a_row(None, name, None, part)

    made = []
    for _change in range(count):
        name, part = key(), chance.choice((b"1", b"11"))
        match chance.randint(0, 9):
            case 0 | 1 | 2:
                made.append(b"I" + OID + b"N" + a_row(text(), name, text(), part))
            case 3 | 4 | 5:
                before = old(name, part) if full else b""
                story = UNCHANGED if chance.random() < 0.3 else text()
                made.append(b"U" + OID + before + b"N" + a_row(text(), name, story, part))
            case 6:
                made.append(b"U" + OID + old(name, part) + b"N" + a_row(text(), key(), text(), part))
            case _:
                made.append(b"D" + OID + old(name, part))
    return made


def as_rows(found: Net, which: object) -> list[Row]:
    return list(zip(*found.columns(which, range(len(COLUMNS))), strict=True))  # type: ignore[arg-type]


class TestNetting:
    @pytest.mark.parametrize("seed", range(30))
    def test_it_gives_what_comes_out_one_by_one(self, seed: int) -> None:
        chance = random.Random(seed)
        full = seed % 3 == 0
        relation = Relation(1, "public", "people", "f" if full else "d", COLUMNS, ("id", "part"))
        gathered = Gathered(relation, ["id", "part"])
        gathered.messages = some_changes(chance, chance.choice((60, 200, 900)), full=full)
        together, odd = gathered.together(COLUMNS)
        assert together is not None
        standing = {
            (row[1], row[3]): row for which in (together.kept, together.new) for row in as_rows(together, which)
        }
        gone = dict.fromkeys((row[1], row[3]) for row in as_rows(together, together.gone))
        assert len(standing) == len(together.kept) + len(together.new)
        assert not {*standing} & {*odd.last}
        assert {**standing, **gone, **odd.last} == gathered.one_by_one().last

    def test_a_key_that_came_first_as_a_new_row_is_new(self) -> None:
        relation = Relation(1, "public", "people", "d", ("id", "name"), ("id",))
        changes = [
            b"I" + OID + b"N" + a_row(b"1", b"a"), b"U" + OID + b"N" + a_row(b"1", b"b"),
            b"D" + OID + b"K" + a_row(b"2", None), b"I" + OID + b"N" + a_row(b"2", b"c"),
            b"U" + OID + b"N" + a_row(b"3", b"d"),
            b"I" + OID + b"N" + a_row(b"4", b"e"), b"D" + OID + b"K" + a_row(b"4", None),
        ]  # fmt: skip
        found = net(changes, relation, [0], [0, 1])
        assert [found.lines(which, [0, 1]) for which in (found.new, found.kept)] == [b"1\tb\n", b"2\tc\n3\td\n"]
        assert found.lines(found.gone, [0]) == b"4\n"

    def test_lines_are_as_the_server_reads_them_and_hold_no_other_column(self) -> None:
        relation = Relation(1, "public", "people", "d", ("a", "id", "secret", "b"), ("id",))
        rows = [(None, b"1", b"never", b"\\N"), (b"t\ta\nb\r", b"2", None, None), (b"", b"3", b"never", b"\\")]
        found = net([b"I" + OID + b"N" + a_row(*row) for row in rows], relation, [1], [0, 1, 3])
        assert found.lines(found.new, [0, 1, 3]) == b"\\N\t1\t\\\\N\nt\\ta\\nb\\r\t2\t\\N\n\t3\t\\\\\n"

    @pytest.mark.parametrize(
        "data",
        [
            b"I" + OID, b"I" + OID + b"N" + a_row(b"1"), b"I" + OID + b"N" + a_row(b"1", b"long")[:-1],
            b"I" + OID + b"N" + a_row(b"1", b"long") + b"x", b"I" + OID + b"N" + struct.pack(">H", 2) + b"xx",
            b"I" + OID + b"N" + struct.pack(">H", 2) + b"t\xff\xff\xff\xffab", b"U" + OID + b"K" + a_row(b"1", None),
            b"U" + OID + b"K" + a_row(b"1", None) + b"K" + a_row(b"1", b"2"), b"X" + OID + b"N" + a_row(b"1", b"2"),
        ],
    )  # fmt: skip
    def test_what_is_cut_off_or_unknown_is_refused(self, data: bytes) -> None:
        whole = b"I" + OID + b"N" + a_row(b"1", b"a")
        with pytest.raises(Garbled):
            net([whole, data, whole], Relation(1, "public", "people", "d", ("id", "name"), ("id",)), [0], [0, 1])

    def test_texts_that_are_not_utf_8_and_keys_that_are_long_go_one_by_one(self) -> None:
        relation = Relation(1, "public", "people", "d", ("id", "name"), ("id",))
        found = net([b"I" + OID + b"N" + a_row(b"1", b"\xff\xfe")], relation, [0], [0, 1])
        with pytest.raises(OneByOne):
            found.lines(found.new, [0, 1])
        with pytest.raises(OneByOne):
            net([b"I" + OID + b"N" + a_row(b"1" * 300, b"x")], relation, [0], [0, 1])
