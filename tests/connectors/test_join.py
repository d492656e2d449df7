"""Joins of two granted entries: the same rows from every engine, and nothing that either grant would not deliver."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest

from hefu.dataplane.checks import NotNull
from hefu.dataplane.connectors.folder.source import FolderSource
from hefu.dataplane.connectors.postgres.source import PostgresSource
from hefu.dataplane.connectors.postgres.target import PostgresTarget
from hefu.dataplane.connectors.relation import ColumnFacts
from hefu.dataplane.control import Watcher
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import PlanRefused, QuotaExceeded, Revoked, SideRefused, TicketRefused
from hefu.dataplane.filters import Equals, RowFilter
from hefu.dataplane.join import Joining, JoinKind, compile_join
from hefu.dataplane.join_sql import share_sql
from hefu.dataplane.lanes.join_run import Half, deliver_joined
from hefu.dataplane.masks import Cover, Drop, Hash, Mask
from hefu.dataplane.outcome import Outcome
from hefu.dataplane.plan import compile_plan
from hefu.dataplane.run import Options, Progress
from hefu.dataplane.sides import Source
from hefu.dataplane.ticket import Item, Quota, ResourceKind, ResourceRef, TargetRef, Ticket, sign_ticket
from hefu.dataplane.types import parse
from hefu.kernel.clock import FixedClock
from tests.conftest import Database
from tests.connectors.place import NOW, SIGNER, Place, a_place, connection_to
from tests.connectors.spark import a_server

FIRMS = [  # code, name, district, secret
    ("c1", "甲厂", "A", "1"), ("C1", "乙厂", "A", "2"), ("c2 ", "丙厂", "B", "3"), ("c3", "丁厂", "A", "4"),
    (None, "无名", "A", "5"), ("c4", None, "A", "6"),
]  # fmt: skip
LICENCES = [  # number, firm, name
    (1, "c1", "卫生"), (2, "c1", "消防"), (3, "c2", "烟草"), (4, "c3", "食品"), (5, None, "孤证"), (6, "c9", "远方"),
]  # fmt: skip
FIRM_NAMES, LICENCE_NAMES = ("code", "name", "district", "secret"), ("number", "firm", "name")


def the_plans(ticket: Ticket) -> tuple[Any, Any]:
    firms = [ColumnFacts(name, parse("text")) for name in ("code", "name")]
    licences = [
        ColumnFacts("number", parse("integer")),
        *(ColumnFacts(name, parse("text")) for name in ("firm", "name")),
    ]
    one = replace(ticket, items=(Item("code", "code"), Item("name", "name")), key=("code",))
    other = replace(ticket, items=tuple(Item(one.name, one.name) for one in licences), key=("number",))
    return compile_plan(one, firms, None, None), compile_plan(other, licences, None, None)


def expected(kind: JoinKind) -> list[tuple[Any, ...]]:
    """Worked out row by row: licences, with the firm of exactly that code."""
    pairs = [(*licence, firm[1]) for licence, firm in product(LICENCES, FIRMS) if licence[1] and licence[1] == firm[0]]
    alone = [(*licence, None) for licence in LICENCES if licence[1] not in {firm[0] for firm in FIRMS if firm[0]}]
    return sorted([*pairs, *(alone if kind is JoinKind.LEFT else [])], key=repr)


def test_numbers_that_are_equal_fall_into_one_share_whatever_their_types() -> None:
    firms, licences = the_plans(a_ticket())
    join = compile_join(licences, firms, Joining(JoinKind.INNER, (("firm", "code"),), "t"))

    def share(of: str, value: str) -> int:
        output = replace(join.left.outputs[1], type=parse(of))
        left = replace(join.left, outputs=(join.left.outputs[0], output, join.left.outputs[2]))
        number = share_sql(replace(join, left=left), "left", Dialect.DUCKDB)
        row = duckdb.sql(f"select {number} from (select {value} as firm) as l").fetchone()
        assert row is not None
        return int(row[0])

    whole = [share("integer", "7::integer"), share("bigint", "7::bigint"), share("numeric(20,0)", "7::decimal(20,0)")]
    assert len(set(whole)) == 1
    assert share("numeric(9,2)", "7.50::decimal(9,2)") == share("numeric(9,1)", "7.5::decimal(9,1)")


def test_hashes_of_decimals_are_compared_only_where_equal_numbers_are_written_alike() -> None:
    firms, licences = the_plans(a_ticket())

    def join(ours: str, theirs: str) -> None:
        left, right = (
            replace(plan, outputs=tuple(
                replace(one, mask=Hash("s"), source_type=parse(of)) if one.name == name else one for one in plan.outputs
            ))
            for plan, name, of in ((licences, "firm", ours), (firms, "code", theirs))
        )  # fmt: skip
        compile_join(left, right, Joining(JoinKind.INNER, (("firm", "code"),), "t"))

    for alike in (("numeric(9,2)", "numeric(12,2)"), ("numeric(9)", "integer"), ("text", "text"), ("bigint", "text")):
        join(*alike)
    for unlike in (("numeric(9,2)", "numeric(9,1)"), ("numeric(9,2)", "integer"), ("numeric", "numeric")):
        with pytest.raises(PlanRefused, match=r"1\.0 and 1\.00"):
            join(*unlike)


def a_ticket(**changes: Any) -> Ticket:
    ticket = Place(Database(""), Database("")).ticket(checks=(), filter=RowFilter())
    return replace(ticket, id=uuid4(), **changes)


@dataclass
class Pair:
    """Firms and licences of one provider, and a consumer who holds a grant on each."""

    place: Place
    folder: Path

    def __post_init__(self) -> None:
        self.place.provider.run("create table firms (code text, name text, district text, secret text)")
        self.place.provider.run("create table licences (number integer, firm text, name text)")
        for table, lines in (("firms", FIRMS), ("licences", LICENCES)):
            with self.place.provider.connect() as to, to.cursor().copy(f"copy {table} from stdin") as copy:
                for line in lines:
                    copy.write_row(line)
        for table, names, lines in (("firms", FIRM_NAMES, FIRMS), ("licences", LICENCE_NAMES, LICENCES)):
            columns = zip(names, zip(*lines, strict=True), strict=True)
            pyarrow.parquet.write_table(
                pa.table({name: pa.array(column) for name, column in columns}), self.folder / f"{table}.parquet"
            )
        with (self.folder / "firms.csv").open("w", newline="") as file:
            csv.writer(file).writerows([FIRM_NAMES, *FIRMS])

    def firms(self, mask: Mask | None = None, **changes: Any) -> Ticket:
        items = (
            Item("code", "code", mask=mask),
            Item("name", "name", mask=Cover(first=1)),
            Item("secret", "s", mask=Drop()),
        )
        given = {"items": items, "key": ("code",), "checks": (NotNull("name"),), "grant": "G2"} | changes
        return self._ticket("firms", given)

    def licences(self, mask: Mask | None = None, **changes: Any) -> Ticket:
        items = (Item("number", "number"), Item("firm", "firm", mask=mask), Item("name", "name"))
        return self._ticket("licences", {"items": items, "key": ("number",), "grant": "G1"} | changes)

    @staticmethod
    def in_parquet(ticket: Ticket) -> Ticket:
        """Return a ticket on the same rows in a file, which promises the type that the table has."""
        resource = ResourceRef("f", ResourceKind.FILE_FOLDER, "", f"{ticket.resource.table}.parquet")
        items = [replace(item, type="integer" if item.column == "number" else "text") for item in ticket.items]
        return replace(ticket, resource=resource, items=tuple(items))

    def _ticket(self, table: str, changes: dict[str, Any]) -> Ticket:
        resource = ResourceRef("s", ResourceKind.POSTGRES_TABLE, "public", table)
        return a_ticket(**{"resource": resource, "target": TargetRef("t", table)} | changes)

    def join(
        self,
        left: Ticket,
        right: Ticket,
        *,
        kind: JoinKind = JoinKind.INNER,
        on: tuple[tuple[str, str], ...] = (("firm", "code"),),
        other: Source | None = None,
        both: Source | None = None,
        **more: Any,
    ) -> tuple[Outcome, list[tuple[Any, ...]]]:
        source: Source = both or PostgresSource(connection_to(self.place.provider))
        target = PostgresTarget(connection_to(self.place.consumer), "public", "both", "t")
        outcome = deliver_joined(
            delivery=f"D{uuid4().hex[:8]}",
            left=Half(sign_ticket(left, SIGNER), source),
            right=Half(sign_ticket(right, SIGNER), other or source),
            joining=Joining(kind, on, "both"),
            keys=[SIGNER.public],
            clock=FixedClock(NOW),
            target=target,
            salts={"s": "salt", "u": "other"},
            **more,
        )
        return outcome, sorted(self.place.consumer.run('select * from "both"'), key=repr)


@pytest.fixture
def pair(make_database: Callable[[], Database], tmp_path: Path) -> Pair:
    return Pair(a_place(make_database), tmp_path)


def test_a_join_gives_what_both_deliveries_laid_side_by_side_would_give_on_every_way(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hefu.dataplane.lanes.join_view.SHARE", 3)  # so few rows take several shares

    def covered(row: tuple[Any, ...]) -> tuple[Any, ...]:
        return (*row[:3], row[3] and row[3][:1] + "*" * (len(row[3]) - 1))

    firms, licences = pair.firms(), pair.licences()
    in_files = [pair.in_parquet(one) for one in (pair.licences(), pair.firms())]
    csv_firms = replace(firms, resource=ResourceRef("f", ResourceKind.FILE_FOLDER, "", "firms.csv"))
    for kind in JoinKind:
        wanted = sorted(map(covered, expected(kind)), key=repr)
        inside, rows = pair.join(licences, firms, kind=kind)
        assert rows == wanted
        assert inside.joined is not None
        assert inside.joined["left"]["rows_read"] == 6
        # The firm without a name fails the check of its grant: it is counted, and joined with nothing.
        assert (inside.joined["right"]["rows_rejected"], inside.joined["right"]["rejected"]) == (
            1,
            {"not_null(name)": 1},
        )
        apart, rows = pair.join(licences, csv_firms, kind=kind, other=FolderSource(pair.folder))
        assert rows == wanted
        assert apart.joined == inside.joined | {"right": inside.joined["right"] | {"ticket": str(csv_firms.id)}}
        assert inside.digest_target == apart.digest_source
    # In a cluster the last of these once more.
    with monkeypatch.context() as here, a_server() as address:
        # What the cluster joins, no file of a side is made for.
        here.delattr("hefu.dataplane.lanes.join_run.FileRun")
        beyond, rows = pair.join(*in_files, kind=kind, both=FolderSource(pair.folder), options=Options(spark=address))
    assert (rows, beyond.digest_source) == (wanted, inside.digest_target)
    assert beyond.joined is not None
    for side in ("left", "right"):
        assert {**beyond.joined[side], "ticket": ""} == {**inside.joined[side], "ticket": ""}
    # The filter of a side acts before the join.
    only = RowFilter((Equals("district", "B"),))
    assert pair.join(licences, pair.firms(filter=only))[1] == []
    # Hashed under one salt they join, and what arrives is the hash.
    joined = pair.join(pair.licences(Hash("s")), pair.firms(Hash("s")))[1]
    assert [row[0] for row in joined] == [1, 2, 4]
    assert all(len(row[1]) == 64 for row in joined)


def test_a_join_is_refused_where_it_would_say_more_than_the_grants(pair: Pair) -> None:
    def refused(left: Ticket, right: Ticket, code: str, **more: Any) -> None:
        with pytest.raises(PlanRefused) as caught:
            pair.join(left, right, **more)
        assert code in [problem.code for problem in caught.value.problems]

    firms, licences = pair.firms(), pair.licences()
    # `secret` is checked and not delivered, `district` is not granted: neither may be asked by a join.
    for hidden in ("secret", "s", "district"):
        refused(licences, firms, "plan.join_not_granted", on=(("firm", "code"), ("name", hidden)))
    refused(licences, firms, "plan.join_pair", on=(("firm", "code"), ("name", "name")))
    refused(pair.licences(Hash("s")), firms, "plan.join_pair")
    refused(pair.licences(Hash("s")), pair.firms(Hash("u")), "plan.join_pair")
    refused(pair.licences(Hash("s", 8)), pair.firms(Hash("s", 8)), "plan.join_pair")
    refused(licences, firms, "plan.join_pair", on=(("number", "code"),))
    refused(licences, pair.firms(key=("name",)), "plan.join_many", on=(("firm", "code"),))
    refused(licences, replace(firms, target=TargetRef("elsewhere", "firms")), "plan.join_place")
    refused(licences, replace(firms, target=TargetRef("t", "both")), "plan.join_table")
    refused(licences, replace(licences, id=uuid4()), "plan.join_itself", on=(("number", "number"),))
    with pytest.raises(QuotaExceeded):
        pair.join(licences, pair.firms(quota=Quota(4)))
    with pytest.raises(TicketRefused, match="expired"):
        pair.join(licences, replace(firms, valid_until=NOW))
    with pytest.raises(TicketRefused, match="revoked"):
        pair.join(licences, firms, revoked={firms.id})
    # A key that names several rows is found before a row is brought.
    pair.place.provider.run(
        "insert into firms values ('c1', '重', 'A', '7'), ('c1', '复', 'A', '8'), ('c1', '三', 'A', '9')"
    )
    with pytest.raises(SideRefused, match="several rows"):
        pair.join(licences, firms)
    assert pair.place.consumer.run("select to_regclass('\"both\"')") == [(None,)]


def test_the_end_of_either_grant_ends_a_join_under_way(pair: Pair) -> None:
    class Ends:
        def progress(self, now: Progress) -> None:
            pass

        def stop_requested(self) -> str:
            return "revoked"

    ends: Watcher = Ends()  # type: ignore[assignment]
    with pytest.raises(Revoked):
        pair.join(pair.licences(), pair.firms(), watcher=ends)
    assert pair.place.consumer.run("select to_regclass('\"both\"')") == [(None,)]
