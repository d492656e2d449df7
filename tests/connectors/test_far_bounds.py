"""A file of a server that comes too slowly, or not at all: the copying ends in its time, and when it is told to."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from hefu.dataplane.connectors import bounds
from hefu.dataplane.connectors.far import fetched
from hefu.dataplane.connectors.s3.source import S3Source
from hefu.dataplane.connectors.sftp.source import SftpSource
from hefu.dataplane.control import Progress, StopWord
from hefu.dataplane.errors import SideLost, Stopped
from hefu.dataplane.filters import RowFilter
from hefu.dataplane.formats import FileFormat, FileTarget
from hefu.dataplane.run import ListSink, deliver
from hefu.dataplane.sides import kind_of
from hefu.dataplane.ticket import Channel, Item, Party, ResourceRef, Ticket, sign_ticket
from hefu.kernel.clock import FixedClock
from hefu.kernel.ids import new_id
from tests.connectors.place import NOW, SIGNER
from tests.faults.proxy import Proxy

ROWS = "id,name\n" + "".join(f"{number},王{number}\n" for number in range(200_000))


@dataclass
class Asking:
    """Says stop once the cable stands still."""

    proxy: Proxy
    asked_at: float = 0.0

    def progress(self, now: Progress) -> None:
        """Look at nothing."""

    def stop_requested(self) -> StopWord | None:
        """Return whether to stop."""
        if self.proxy.stalls is None or self.proxy.passed <= self.proxy.stalls:
            return None
        self.asked_at = self.asked_at or time.monotonic()
        return "stopped"


@pytest.fixture(params=["sftp", "s3"])
def behind(request: pytest.FixtureRequest) -> Iterator[tuple[SftpSource | S3Source, Proxy]]:
    """A file on a server behind a cable that passes its beginning."""
    source: SftpSource | S3Source
    if request.param == "sftp":
        server = request.getfixturevalue("sftp")
        (server.folder / "people.csv").write_text(ROWS)
        source = SftpSource(server.connection)
    else:
        store = request.getfixturevalue("store")
        store.put("people.csv", ROWS.encode())
        source = S3Source(store.connection)
    proxy = Proxy("127.0.0.1", source.connection.port)
    proxy.stalls = 400_000
    yield replace(source, connection=replace(source.connection, port=proxy.port)), proxy  # type: ignore[arg-type]
    proxy.close()


def test_a_file_that_stands_still_ends_when_it_is_told_to_and_in_its_time(
    behind: tuple[SftpSource | S3Source, Proxy], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, proxy = behind
    ticket = Ticket(
        id=new_id(NOW), serial=1, grant="G", request="R", node="n", issuer="i", provider=Party("1" * 18, "p"),
        consumer=Party("2" * 18, "c"), entry="e", resource=ResourceRef("s", kind_of(source), "", "people.csv"),
        items=(Item("id", "id"), Item("name", "name")), key=("id",), channel=Channel.FILE, purpose="p", basis=(),
        issued_at=NOW, valid_from=NOW, valid_until=NOW.replace(year=2030), target=None, filter=RowFilter(()),
    )  # fmt: skip
    watcher, token = Asking(proxy), sign_ticket(ticket, SIGNER)
    target = FileTarget(tmp_path / "people.csv", FileFormat.CSV)

    def run(watching: Asking | None) -> int:
        return deliver(
            delivery="D-1", token=token, keys=[SIGNER.public], clock=FixedClock(NOW), source=source, target=target,
            rejects=ListSink(), watcher=watching,
        ).rows_written  # fmt: skip

    with pytest.raises(Stopped):
        run(watcher)
    assert time.monotonic() - watcher.asked_at < 3
    monkeypatch.setattr(bounds, "LEAST_SECONDS", 0.3)
    monkeypatch.setattr(bounds, "SLOWEST", 1 << 30)
    proxy.stalls = proxy.passed + 400_000
    began = time.monotonic()
    with pytest.raises(SideLost, match="silent"), fetched(source.opens(lambda *_: None), "utf-8", "people.csv"):
        pytest.fail("it never came whole")
    assert time.monotonic() - began < 3
    assert list(tmp_path.glob("*people.csv*")) == []
    monkeypatch.undo()
    proxy.stalls = None
    assert run(None) == 200_000
