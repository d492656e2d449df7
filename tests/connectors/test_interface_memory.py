"""However many pages an interface has, a run holds few of them at once."""

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hefu.dataplane.connectors.interface.source import HttpSource
from hefu.dataplane.connectors.interface.stated import Interface, Pages, Paging, Stated
from hefu.dataplane.filters import RowFilter
from hefu.dataplane.formats import FileFormat, FileTarget
from hefu.dataplane.run import ListSink
from hefu.dataplane.ticket import Channel, Item, Party, ResourceKind, ResourceRef, Ticket, sign_ticket
from hefu.dataplane.types import parse
from hefu.kernel.clock import FixedClock
from hefu.kernel.ids import new_id
from tests.connectors.place import NOW, SIGNER
from tests.interface import InterfaceServer

#: Five hundred and twenty million signs, and what may be held of them, in MiB.
PAGES, ROWS, WIDTH, MOST = 130, 800, 5000, 512


class Wide(InterfaceServer):
    """Pages of CSV, four million signs each."""

    pages = 0

    def answer(self, path: str, told: dict[str, Any], headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Return the page that is asked for."""
        first = int(told["page"]) * ROWS
        rows = range(first, first + ROWS) if int(told["page"]) < self.pages else range(0)
        lines = ["id,body", *(f"{number},{str(number) * (WIDTH // len(str(number)))}" for number in rows)]
        return 200, {"Content-Type": "text/csv"}, ("\n".join(lines) + "\n").encode()


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("HEFU_ALL_FAULTS"), reason="takes a minute: set HEFU_ALL_FAULTS")
def test_an_interface_of_many_pages_stays_within_bounds(interfaces: InterfaceServer, tmp_path: Path) -> None:
    interfaces.__class__ = Wide
    columns = (Stated("id", parse("bigint")), Stated("body", parse("text")))
    wide = Interface("wide", "/wide", columns, answer="csv", pages=Pages(Paging.PAGE, "page", "size", ROWS, first=0))
    source = HttpSource(interfaces.connection, (wide,))
    ticket = Ticket(
        id=new_id(NOW), serial=1, grant="G", request="R", node="n", issuer="i", provider=Party("1" * 18, "p"),
        consumer=Party("2" * 18, "c"), entry="e", resource=ResourceRef("s", ResourceKind.HTTP_INTERFACE, "", "wide"),
        items=(Item("id", "id"), Item("body", "body")), key=("id",), channel=Channel.FILE, purpose="p", basis=(),
        issued_at=NOW, valid_from=NOW, valid_until=NOW.replace(year=2030), target=None, filter=RowFilter(()),
    )  # fmt: skip

    interfaces.pages = PAGES  # type: ignore[attr-defined]
    target = FileTarget(tmp_path / "wide.csv", FileFormat.CSV)
    given = {
        "delivery": "D-1", "token": sign_ticket(ticket, SIGNER), "source": source, "keys": [SIGNER.public],
        "target": target, "clock": FixedClock(NOW), "rejects": ListSink(),
    }  # fmt: skip
    script = Path(__file__).parent / "suite" / "memory.py"
    ran = subprocess.run([sys.executable, str(script)], input=pickle.dumps(given), capture_output=True, check=True)
    written, mebibytes = map(int, ran.stdout.split())
    assert written == PAGES * ROWS
    assert target.path.stat().st_size > PAGES * ROWS * WIDTH * 0.9
    print(f"{mebibytes} MiB for {target.path.stat().st_size >> 20} MiB")  # noqa: T201 - for whoever measures
    assert mebibytes <= MOST
