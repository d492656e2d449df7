"""Files that are delivered to an SFTP server or a store: whole under their name, or not there."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from hefu.dataplane.connectors.drop import Drop
from hefu.dataplane.connectors.far import FarFiles
from hefu.dataplane.connectors.s3.connection import S3Session
from hefu.dataplane.connectors.s3.drop import S3Drop, S3DropSession
from hefu.dataplane.connectors.sftp.connection import SftpSession
from hefu.dataplane.connectors.sftp.drop import SftpDrop
from hefu.dataplane.errors import AddressRefused, SideLost, SideRefused
from hefu.dataplane.formats import FileFormat, FileTarget
from hefu.dataplane.run import Outcome
from hefu.dataplane.ticket import Channel
from tests.conftest import Database
from tests.connectors.place import Place, a_place, expected
from tests.connectors.suite.case import closed
from tests.connectors.test_channels import plain, read_file
from tests.faults.proxy import Proxy


@dataclass
class There:
    """A place that takes files, and what lies in it."""

    drop: SftpDrop | S3Drop
    listed: Callable[[], FarFiles]

    def by(self, port: int) -> Drop:
        """Return the place by another port."""
        return replace(self.drop, connection=replace(self.drop.connection, port=port))  # type: ignore[arg-type]

    def files(self) -> list[str]:
        """Return the names of its files."""
        return [one.name for one in self.listed().files()]


@pytest.fixture(params=["sftp", "s3"])
def there(request: pytest.FixtureRequest) -> There:
    if request.param == "sftp":
        server = request.getfixturevalue("sftp").connection
        return There(SftpDrop(server), lambda: SftpSession(server, "named"))
    store = request.getfixturevalue("store").connection
    return There(S3Drop(store), lambda: S3Session(store, "named"))


@pytest.fixture
def place(make_database: Callable[[], Database]) -> Place:
    return a_place(make_database)


def sent(place: Place, path: Path, drop: Drop) -> Outcome:
    target = FileTarget(path / "D-1.jsonl", FileFormat.JSONL, beyond=drop)
    ticket = replace(place.ticket(), channel=Channel.FILE)
    return place.deliver("D-1", ticket=ticket, target=target)


def test_a_file_arrives_whole_and_once_and_none_stays_here(place: Place, there: There, tmp_path: Path) -> None:
    place.fill(400)
    for _try in range(2):
        outcome = sent(place, tmp_path, there.drop)
        assert there.files() == ["D-1.jsonl"]
    there.listed().fetch("D-1.jsonl", tmp_path / "taken")
    body = (tmp_path / "taken").read_bytes()
    assert (outcome.sha256, outcome.bytes, outcome.path) == (hashlib.sha256(body).hexdigest(), len(body), "")
    assert read_file(tmp_path / "taken", FileFormat.JSONL) == plain(expected(400))
    assert [one.name for one in tmp_path.iterdir() if "D-1" in one.name] == []
    with pytest.raises(AddressRefused):
        there.drop.opened(closed).put(tmp_path / "taken", "D-2.jsonl", "D-2", outcome.sha256, lambda passed: None)


def test_a_cut_cable_leaves_nothing_under_the_name(there: There, tmp_path: Path) -> None:
    file = tmp_path / "big"
    parts = isinstance(there.drop, S3Drop)
    file.write_bytes(bytes(range(256)) * (48_000 if parts else 6_000))
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    proxy = Proxy("127.0.0.1", there.drop.connection.port)
    proxy.limit = 8_000_000 if parts else 600_000

    def put(drop: Drop) -> None:
        session = drop.opened(lambda host, address, port: None)
        if isinstance(session, S3DropSession):
            session = S3DropSession(session._session, part=5 << 20)
        try:
            session.put(file, "D-2.csv", "D-2", sha256, lambda passed: None)
        finally:
            session.close()

    with pytest.raises(SideLost):
        put(there.by(proxy.port))
    proxy.close()
    assert there.files() == []
    put(there.drop)
    assert there.files() == ["D-2.csv"]
    there.listed().fetch("D-2.csv", tmp_path / "taken")
    assert (tmp_path / "taken").read_bytes() == file.read_bytes()
    if isinstance(there.drop, SftpDrop):
        assert [one.name for one in Path(there.drop.connection.folder).iterdir()] == ["D-2.csv"]
    else:
        pending = S3Session(there.drop.connection, "named").ask("GET", "", query={"uploads": ""}).body
        assert b"<Upload>" not in pending
        with pytest.raises(SideRefused, match="did not put there"):
            there.drop.opened(lambda *_: None).put(file, "D-2.csv", "D-3", sha256, lambda passed: None)
