"""One collection run: rows are read, checked and counted as for a file, then become the next version."""

import contextlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from hefu.dataplane.checks import Check, NotNull, UniqueKey
from hefu.dataplane.connectors.address import AddressPolicy, default_policy
from hefu.dataplane.control import Control, Quiet, Watcher
from hefu.dataplane.digest import KeyTally
from hefu.dataplane.errors import ColumnsAlike, HoldingDiffers, NoSuchVersion, SourceWentEmpty
from hefu.dataplane.formats import FileFormat, FileTarget
from hefu.dataplane.lake.folding import Folded, Folding
from hefu.dataplane.lake.table import LakeTable, Part, Taking, Version, alike
from hefu.dataplane.lake.tries import begun
from hefu.dataplane.lanes.file_run import FileRun
from hefu.dataplane.lanes.table import reconcile
from hefu.dataplane.options import Options
from hefu.dataplane.outcome import Outcome, RejectSink
from hefu.dataplane.sides import Source, opened
from hefu.dataplane.ticket import Channel, Item, Party, ResourceRef, Ticket
from hefu.kernel.clock import Clock
from hefu.kernel.words import Sentence, _


@dataclass(frozen=True)
class Order:
    """What is to be collected, and how."""

    #: Number of the run, and its serial number within the holding: a second try has the same.
    run: str
    serial: int
    #: What is read, in a ticket's form, all columns under the names that the source gives them; nobody signs it,
    #: because nothing leaves the node.
    ticket: Ticket
    taking: Taking
    #: Whether somebody said that the source is really empty now.
    empty_is_true: bool = False
    #: The versions of holdings that a library is put together from.
    made_of: tuple[tuple[str, int], ...] = ()


def everything(
    run: str,
    entry: str,
    resource: ResourceRef,
    items: tuple[Item, ...],
    key: tuple[str, ...],
    checks: tuple[Check, ...],
) -> Ticket:
    """Return what a run reads: the whole of a mounted table, in a ticket's form."""
    return Ticket(
        id=UUID(int=0),
        serial=1,
        grant="",
        request="",
        node="",
        issuer="",
        provider=Party("", ""),
        consumer=Party("", ""),
        entry=entry,
        resource=resource,
        items=items,
        key=key,
        channel=Channel.FILE,
        purpose=run,
        basis=(),
        issued_at=datetime.min.replace(tzinfo=UTC),
        valid_from=datetime.min.replace(tzinfo=UTC),
        valid_until=datetime.max.replace(tzinfo=UTC),
        checks=checks,
    )


def origin_of(ticket: Ticket) -> tuple[str, ...]:
    """Return what a version of the ticket's resource is collected from."""
    return ticket.resource.source, ticket.resource.schema, ticket.resource.table


def keyed_checks(checks: Collection[Check], key: tuple[str, ...]) -> tuple[Check, ...]:
    """Return the checks with those that a merge by key needs: a row without its key, or with another's, is rejected."""
    needed: list[Check] = [*(NotNull(column) for column in key), UniqueKey(key)]
    return (*checks, *(check for check in needed if check not in checks))


def collect(
    *,
    order: Order,
    source: Source,
    table: LakeTable,
    rejects: RejectSink,
    clock: Clock,
    watcher: Watcher | None = None,
    policy: AddressPolicy = default_policy,
    options: Options | None = None,
) -> Version:
    """Collect a source into a holding, exactly once, and reconcile; a run that has committed does nothing more.

    Raises:
        PlanRefused: Order and source do not fit.
        ColumnsAlike: Names of columns differ by upper and lower case alone.
        SourceWentEmpty: It gives nothing, and nobody said that this is true.
        HoldingDiffers: The rows cannot be merged.
        AlreadyRunning: Another run committed meanwhile.
        Stopped: On the watcher's word; the holding is as it was.
        SideLost, SideRefused, AddressRefused: The source, or the holding's folder, and why.
        LakeLost, LakeRefused: The store that the holding lies on, and why; the holding is as it was.
        NotReconciled: Counts or digests disagree; the holding is as it was.
        TooManyRejects: The source is broken rather than dirty.
    """
    if table.serial() >= order.serial:
        done = table.of_run(order.serial)
        if done is None:
            raise NoSuchVersion(wanted=order.run)
        return done
    chosen = options or Options()
    control = Control(watcher or Quiet(), chosen.most_bytes_a_second)
    ticket = order.ticket
    if order.taking is Taking.MERGE:
        ticket = replace(ticket, checks=keyed_checks(ticket.checks, ticket.key))
    if same := alike(item.name for item in ticket.items):
        raise ColumnsAlike(names=", ".join(same))
    with begun(table, order.run) as name:
        staged = table.path / f"{name}.parquet"
        with control.timed("prepare"):
            view = control.open(opened(source, ticket, policy, control=control))
        keep = False
        try:
            with contextlib.closing(view), control.watched(view):
                target = FileTarget(staged, FileFormat.PARQUET)
                outcome = FileRun(order.run, ticket, view, target, rejects, {}, chosen, control).carry()
            with control.timed("publish"):
                made, keep = _Publishing(order, table, staged, outcome, control, clock).publish()
            return made
        finally:
            if not keep:
                with contextlib.suppress(FileNotFoundError):
                    staged.unlink()


@dataclass
class _Publishing:
    """Makes a staged file the next version."""

    order: Order
    table: LakeTable
    staged: Path
    outcome: Outcome
    control: Control
    clock: Clock

    def publish(self) -> tuple[Version, bool]:
        """Return the version, and whether the staged file is part of it."""
        before = self.table.latest()
        rows = self.outcome.rows_written
        if before is not None and before.rows and not rows and not self.order.empty_is_true:
            raise SourceWentEmpty(rows=before.rows)
        version = self._version(before)
        folding = Folding(self.staged, version, self.control)
        with contextlib.closing(folding), self.control.watched(folding):
            version = replace(version, keyed=self.control.call(folding.is_keyed))
            why, held = self._comparable(before, version)
            if why and self.order.taking is Taking.MERGE:
                raise HoldingDiffers(detail=why)
            if why or before is None or not before.rows:
                return self._commit(version, (Part(self.staged, rows),), (), whole=True, before=before), True
            removes = self.order.taking is Taking.SNAPSHOT
            folded = self.control.call(lambda: folding.fold(held, self.staged.stem, removes=removes))
        try:
            version = self._reconciled(version, before, held, folded)
            return self._commit(version, folded.added, folded.dropped, whole=False, before=before), False
        except BaseException:
            for part in folded.added:
                part.path.unlink(missing_ok=True)
            raise

    def _version(self, before: Version | None) -> Version:
        first = before is None or not before.rows
        return Version(
            number=0,
            run=self.order.run,
            serial=self.order.serial,
            at=self.clock.now(),
            taking=self.order.taking,
            rows=self.outcome.rows_written,
            digest=self.outcome.digest_target,
            inserted=self.outcome.rows_written if first else None,
            updated=0 if first else None,
            removed=0 if first else None,
            columns=self.outcome.columns,
            key=tuple(item.name for column in self.order.ticket.key for item in self.order.ticket.items
                      if item.column == column),
            keyed=False,
            outcome=self.outcome.as_json() | {"path": ""},
            origin=origin_of(self.order.ticket),
            made_of=self.order.made_of,
            tried=self.staged.stem,
        )  # fmt: skip

    def _passed(self, _bytes: int) -> None:
        """Let a stop be heard while files go to a store or come from it."""
        self.control.check()

    def _comparable(self, before: Version | None, now: Version) -> tuple[Sentence | None, tuple[Part, ...]]:
        """Return why the rows that arrived cannot be compared with those that are held; else the files of these."""
        if before is None or not before.rows:
            return None, ()
        if before.columns != now.columns or before.key != now.key:
            return Sentence(_("its columns or its key are not what they were"), code="lake.columns"), ()
        if not (before.keyed and now.keyed):
            return Sentence(_("its key does not tell its rows apart"), code="lake.key"), ()
        try:
            return None, self.table.parts(before, self._passed)
        except NoSuchVersion:
            return Sentence(_("its files are gone"), code="lake.files"), ()

    def _reconciled(self, version: Version, before: Version, held: tuple[Part, ...], folded: Folded) -> Version:
        """Count every row and key of the new version as it lies there, and hold it against what it has to be."""
        gone = {part.path for part in folded.dropped}
        parts = (*(part for part in held if part.path not in gone), *folded.added)

        def count() -> KeyTally:
            tally = KeyTally()
            for some in self.table.tally(parts, version):
                self.control.check()
                tally += some
            return tally

        lies = self.control.call(count)
        stood = KeyTally(before.rows, int(before.digest, 16))
        wanted = stood + folded.came + KeyTally(-folded.went.rows, -folded.went.total)
        reconcile("the holding", wanted.rows, lies.rows, wanted, lies)
        if self.order.taking is Taking.SNAPSHOT:
            arrived = KeyTally(self.outcome.rows_written, int(self.outcome.digest_source, 16))
            reconcile("the holding", arrived.rows, lies.rows, arrived, lies)
        return replace(
            version,
            rows=lies.rows,
            digest=str(lies),
            inserted=folded.inserted,
            updated=folded.updated,
            removed=folded.removed,
        )

    def _commit(
        self,
        version: Version,
        added: tuple[Part, ...],
        dropped: tuple[Part, ...],
        *,
        whole: bool,
        before: Version | None,
    ) -> Version:
        self.table.begin(version.columns)
        self.table.lay(added, self._passed)
        self.control.look()
        return self.table.commit(version, added, dropped, whole=whole, before=before)
