"""Holds a consumer's table of MySQL against its source, and mends only what differs.

What the grant delivers is digested here, row by row in the words in which the table would show it, and the server
digests the table; two tables that agree move nothing but those sums. The rows of buckets that disagree are written
into a temporary table shaped like the consumer's, and compared by the server as it holds them: so a float, json or a
text that the table folds is never taken for another one. Where a column's text cannot be told here at all, every
row goes that way.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hefu.dataplane.compared import MOST_KEYS, Compared, Gap, SideSeen
from hefu.dataplane.connectors.address import AddressPolicy
from hefu.dataplane.connectors.mysql.connection import MysqlSession, quoted
from hefu.dataplane.connectors.mysql.increments import make_key, require_keyable
from hefu.dataplane.connectors.mysql.inspection import NativeTable, native_table
from hefu.dataplane.connectors.mysql.overwriting import write_over
from hefu.dataplane.connectors.mysql.shown import (
    BUCKET_DIGITS,
    DIGEST_DIGITS,
    Buckets,
    Digesting,
    Standing,
    line,
    number,
    place,
)
from hefu.dataplane.connectors.mysql.target import PART, ROW, MysqlReceiver, MysqlTarget
from hefu.dataplane.connectors.mysql.writing import insert
from hefu.dataplane.connectors.postgres.followed import NOTHING, Counts
from hefu.dataplane.connectors.postgres.source import Chunk, Snapshot
from hefu.dataplane.control import Control
from hefu.dataplane.errors import NotReconciled, PlanRefused, SideRefused
from hefu.dataplane.lanes.query import arrow_query, as_carried
from hefu.dataplane.lanes.view import View
from hefu.dataplane.plan import compile_plan
from hefu.dataplane.plan_sql import SourceSql
from hefu.dataplane.ticket import Ticket
from hefu.dataplane.types import Kind
from hefu.kernel.words import Sentence, _

#: Temporary tables of the session: what the grant delivers, and what stands in the table, of rows that may differ.
_GRANTED, _HELD = "hefu_granted", "hefu_held"
#: Their columns beside the delivered ones: digest of the key, digest of the row, how often the key stands there.
_PLACE, _MARK, _SEEN = quoted("hefu place"), quoted("hefu mark"), quoted("hefu seen")
_SAME_PLACE = f"granted.{_PLACE} = held.{_PLACE}"
_BOTH = f"{_GRANTED} as granted join {_HELD} as held on {_SAME_PLACE}"
_HERE_ALONE = f"{_GRANTED} as granted left join {_HELD} as held on {_SAME_PLACE} where held.{_PLACE} is null"
_GONE = f"{_HELD} as held left join {_GRANTED} as granted on {_SAME_PLACE}"
_THERE_ALONE = f"{_GONE} where granted.{_PLACE} is null"


@dataclass(frozen=True)
class Beside:
    """What is compared: a grant's rows, and the table where they are."""

    ticket: Ticket
    target: MysqlTarget
    secrets: Mapping[str, str]
    view: Snapshot | View
    control: Control
    policy: AddressPolicy

    def load(self) -> None:
        """Read the source once where it has to be brought here, and find out what the checks keep back.

        Raises:
            DataPlaneRefusal: A side cannot be reached, or what is granted does not fit the table.
        """
        with contextlib.closing(MysqlReceiver(self.target, self.policy)) as there:
            self._sql(there)  # what does not fit is said before rows are brought here
            self.control.load(self.view)
            sql = self._sql(there)
        if sql.plan.checks and self._parts[0].staged:
            self.control.call(lambda: self.view.judge(sql.granted, sql.all_flags))

    @property
    def _parts(self) -> tuple[Chunk, ...]:
        """Return the parts in which what is granted is read; a database that checks its own rows is asked at once."""
        return (Chunk(0, whole=True),) if isinstance(self.view, Snapshot) else self.view.parts(None)

    def _sql(self, there: MysqlReceiver) -> SourceSql:
        columns, view = there.columns(), self.view
        if columns is None:
            raise _gone(self.target)
        plan = compile_plan(
            self.ticket, view.facts.columns, columns, self.secrets, view.checks, there.landing, view.dialect
        )
        if not plan.key:
            raise PlanRefused((Sentence(_("without a key rows cannot be told apart"), code="plan.compare_key"),))
        return SourceSql(plan, view.dialect, self.secrets, view.relation, view.written)

    def carry(self, mend: bool) -> Compared:
        """Compare, and mend when asked to, all of it in one transaction; the table is locked before by who mends it.

        Raises:
            DataPlaneRefusal: A side was lost or refused.
        """
        with (
            contextlib.closing(MysqlReceiver(self.target, self.policy)) as there,
            self.control.watched(there),
        ):
            sql, session = self._sql(there), there.session
            if mend:
                require_keyable(session, self.target, sql.plan)
                make_key(session, self.target, sql.plan)
            found = native_table(session, self.target.connection.dbname, self.target.table, exact=True)
            session.commit()
            if found is None:
                raise _gone(self.target)
            return _Comparing(self, sql, session, found).carry(mend)

    def batches(self, sql: SourceSql) -> Iterator[pa.RecordBatch]:
        """Yield what the grant delivers."""
        carried = replace(sql, plan=as_carried(sql.plan))
        with contextlib.closing(self.view.stream()) as stream, self.control.watched(stream):
            for chunk in self._parts:
                with contextlib.closing(stream.batches(arrow_query(carried, chunk, None))) as batches:
                    for batch in batches:
                        self.control.check()
                        self.control.add(bytes_=batch.nbytes)
                        yield batch


class _Comparing:
    """One comparison, with both sides open."""

    def __init__(self, beside: Beside, sql: SourceSql, session: MysqlSession, found: NativeTable) -> None:
        self.beside, self.sql, self.session = beside, sql, session
        plan = sql.plan
        self.columns = [Standing(output, found.columns[output.name]) for output in plan.outputs]
        self.key = [self.columns[plan.outputs.index(output)] for output in plan.key_outputs]
        self.table = quoted(beside.target.connection.dbname, beside.target.table)
        self._bucket = f"ifnull({number(place(self.key), BUCKET_DIGITS)}, 0)"

    def carry(self, mend: bool) -> Compared:
        """Compare, and mend when asked to."""
        theirs = self._standing()
        sums = _Sums(self.columns)
        told_here = all(one.shows() is not None for one in self.columns)
        digesting = Digesting(self.columns, self.key) if told_here else None
        with contextlib.closing(digesting) if digesting else contextlib.nullcontext():
            rows, digest, unlike = self._granted(digesting, theirs, sums)
        standing = self._sums_there()
        ours = SideSeen(rows, f"{digest % (1 << 64):016x}", sums.told())
        total = sum(each for _rows, each in theirs.values()) % (1 << 64)
        other = SideSeen(sum(each for each, _digest in theirs.values()), f"{total:016x}", standing)
        if unlike == ():
            return Compared(ours, other, 0, 0, 0, ())
        self._hold(unlike, mend)
        return self._told(ours, other, mend)

    def _standing(self) -> Buckets:
        """Return bucket → rows of the table, and the sum of their digests."""
        mark = number(f"md5({line(self.columns)})", DIGEST_DIGITS)
        found = self.session.run(
            "select bucket, count(*), coalesce(sum(digest), 0) from "
            f"(select {self._bucket} as bucket, {mark} as digest from {self.table}) as digested group by bucket"
        )
        self.session.commit()
        return {int(bucket): (int(rows), int(digest)) for bucket, rows, digest in found}

    def _granted(
        self, digesting: Digesting | None, theirs: Buckets, sums: "_Sums"
    ) -> tuple[int, int, tuple[int, ...] | None]:
        """Count what is granted, and put what may differ beside the table.

        Returns:
            Rows, the sum of their digests, and the buckets that may differ: None for all.
        """
        rows = alike = 0
        unlike: tuple[int, ...] | None = None
        if digesting is not None:
            for batch in self.beside.batches(self.sql):
                digesting.add(batch)
                sums.add(batch)
            ours = digesting.buckets
            apart = {bucket for bucket in {*ours, *theirs} if ours.get(bucket) != theirs.get(bucket)}
            rows = sum(each for each, _digest in ours.values())
            alike = sum(digest for bucket, (_rows, digest) in ours.items() if bucket not in apart)
            unlike = tuple(sorted(apart))
            if not unlike:
                return rows, alike, ()
        staged = self._stage(digesting, unlike, sums)
        digest = number(f"lower(hex({_MARK}))", DIGEST_DIGITS)
        beside = self.session.run(f"select coalesce(sum({digest}), 0) from {_GRANTED}")[0][0]
        if self.session.run(f"select 1 from {_GRANTED} group by {_PLACE} having count(*) > 1 limit 1"):
            raise _double("source")
        return rows if digesting is not None else staged, alike + int(beside), unlike

    def _stage(self, digesting: Digesting | None, unlike: tuple[int, ...] | None, sums: "_Sums") -> int:
        """Write rows that may differ into a temporary table shaped like the consumer's; return how many."""
        names = ", ".join(quoted(one.output.name) for one in self.columns)
        keys = ", ".join(quoted(one.output.name) for one in self.key)
        for name, more, columns in (
            (_GRANTED, f"{quoted(PART)} int, {quoted(ROW)} bigint default 0 primary key, key ({_PLACE})", names),
            (_HELD, f"{_SEEN} int not null default 1, primary key ({_PLACE})", keys),
        ):
            self.session.run(f"drop temporary table if exists {name}")
            self.session.run(
                f"create temporary table {name} ({_PLACE} binary(16) default '', {_MARK} binary(16), {more}) "
                f"engine = InnoDB as select {columns} from {self.table} where false"
            )
        out = into = 0
        for batch in self.beside.batches(self.sql):
            if digesting is None:
                sums.add(batch)
            elif unlike is not None:
                batch = digesting.among(batch, unlike)
            into += insert(self.session, _GRANTED, self.sql.plan.outputs, batch, 0, out)
            out += batch.num_rows
        if out != into:
            raise NotReconciled(what="rows brought to be compared", source=out, target=into)
        self.session.run(
            f"update {_GRANTED} set {_PLACE} = unhex({place(self.key)}), {_MARK} = unhex(md5({line(self.columns)}))"
        )
        self.session.commit()
        return out

    def _hold(self, unlike: tuple[int, ...] | None, mend: bool) -> None:
        """Note the rows of the table that may differ; those that are mended stay locked until that is committed."""
        level = "repeatable read" if mend else "read committed"
        self.session.commit()
        self.session.run(f"set transaction isolation level {level}")
        names = [quoted(one.output.name) for one in self.key]
        among = "" if unlike is None else f" where {self._bucket} in ({', '.join(map(str, unlike))})"
        self.session.run(
            f"insert into {_HELD} ({_PLACE}, {_MARK}, {', '.join(names)}) select unhex({place(self.key)}), "
            f"unhex(md5({line(self.columns)})), {', '.join(names)} from {self.table}{among} "
            f"on duplicate key update {_SEEN} = {_SEEN} + 1"
        )

    def _told(self, ours: SideSeen, theirs: SideSeen, mend: bool) -> Compared:
        """Count and name what differs, and mend it when asked to."""
        run = self.session.run
        doubles = int(run(f"select coalesce(sum({_SEEN} - 1), 0) from {_HELD}")[0][0])
        if mend and doubles:
            raise _double("target")
        gaps = [Gap("extra", key) for key in self._keys(f"{_HELD} as held where held.{_SEEN} > 1", "held", 0)]
        run(f"delete granted, held from {_BOTH} where granted.{_MARK} = held.{_MARK}")
        counts = [int(run(f"select count(*) from {some}")[0][0]) for some in (_HERE_ALONE, _THERE_ALONE, _BOTH)]
        gaps += [Gap("missing", key) for key in self._keys(_HERE_ALONE, "granted", len(gaps))]
        gaps += [Gap("extra", key) for key in self._keys(_THERE_ALONE, "held", len(gaps))]
        gaps += [Gap("different", key) for key in self._keys(_BOTH, "granted", len(gaps))]
        mended = self._mend(counts) if mend else NOTHING
        self.session.commit()
        return Compared(ours, theirs, counts[0], counts[1] + doubles, counts[2], tuple(gaps), mended)

    def _keys(self, some: str, side: str, named: int) -> list[tuple[str | None, ...]]:
        """Return the keys of some rows, as far as they are named."""
        if named >= MOST_KEYS:
            return []
        texts = ", ".join(one.text(side) for one in self.key)
        order = ", ".join(f"{side}.{quoted(one.output.name)}" for one in self.key)
        return self.session.run(f"select {texts} from {some} order by {order} limit {MOST_KEYS - named}")

    def _mend(self, counts: Sequence[int]) -> Counts:
        """Bring what differs to what is granted, in the open transaction.

        Args:
            counts: Rows that are missing, that are there and not granted, and that have other values.

        Raises:
            NotReconciled: Other rows were found than those; nothing is committed then.
        """
        names = [quoted(one.output.name) for one in self.columns]
        key = [quoted(one.output.name) for one in self.key]
        same = " and ".join(f"standing.{name} <=> {{0}}.{name}" for name in key)
        deleted = self._do(
            f"delete standing from {_GONE} straight_join {self.table} as standing on {same.format('held')} "
            f"where granted.{_PLACE} is null"
        )
        joined = f"{_BOTH} straight_join {self.table} as standing on {same.format('granted')}"
        updated = write_over(
            self.session, self.beside.target, self.sql.plan, joined, names, held="standing", fresh="granted"
        )
        fresh = ", ".join(f"granted.{name}" for name in names)
        inserted = self._do(f"insert into {self.table} ({', '.join(names)}) select {fresh} from {_HERE_ALONE}")
        self.beside.control.check()
        if [inserted, deleted, updated] != [*counts]:
            raise NotReconciled(what="rows mended", source=sum(counts), target=inserted + deleted + updated)
        return Counts(inserted=inserted, updated=updated, deleted=deleted)

    def _do(self, statement: str) -> int:
        """Run a statement and return the rows it found; the driver is told to count those, not the changed ones."""
        with self.session.plainly(), self.session.raw.cursor() as cursor:
            return int(cursor.execute(statement))

    def _sums_there(self) -> dict[str, str | None]:
        numbers = _numbers(self.columns)
        if not numbers:
            return {}
        asked = ", ".join(f"sum({quoted(one.output.name)})" for one in numbers)
        found = self.session.run(f"select {asked} from {self.table}")[0]
        self.session.commit()
        return {one.output.name: _plain(value) for one, value in zip(numbers, found, strict=True)}


class _Sums:
    """Sums of the delivered numbers, batch by batch."""

    def __init__(self, columns: Sequence[Standing]) -> None:
        self._columns = columns
        self._sums: dict[str, Decimal | None] = {one.output.name: None for one in _numbers(columns)}

    def add(self, batch: pa.RecordBatch) -> None:
        """Count a batch."""
        for one, values in zip(self._columns, batch.columns, strict=True):
            name = one.output.name
            if name not in self._sums:
                continue
            scale = (*one.output.type.modifiers, 0, 0)[1]
            more: Decimal | None = pc.sum(values.cast(pa.string()).cast(pa.decimal128(38, scale))).as_py()
            if more is not None:
                self._sums[name] = (self._sums[name] or Decimal(0)) + more

    def told(self) -> dict[str, str | None]:
        """Return column → sum as text."""
        return {name: _plain(value) for name, value in self._sums.items()}


def _numbers(columns: Sequence[Standing]) -> list[Standing]:
    """Return the columns that are summed up: numbers whose sums both sides can tell exactly."""
    return [
        one
        for one in columns
        if not one.output.type.array
        and one.native.data_type in ("tinyint", "smallint", "mediumint", "int", "bigint", "decimal")
        and (
            one.output.type.kind is Kind.INTEGER
            or (one.output.type.kind is Kind.DECIMAL and 0 < (*one.output.type.modifiers, 0)[0] <= _EXACT)
        )
    ]


#: Digits of a number of which a batch is summed up without rounding.
_EXACT = 30


def _plain(value: Any) -> str | None:
    return None if value is None else f"{Decimal(value).normalize():f}"


def _gone(target: MysqlTarget) -> SideRefused:
    return SideRefused("target", Sentence(_("{table} is gone"), code="side.table_gone", table=target.name))


def _double(side: str) -> SideRefused:
    text = _("two rows bear the same key; rows that come again are told by it, so it has to be unique")
    return SideRefused(side, Sentence(text, code="side.key_double"))
