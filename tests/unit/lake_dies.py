"""A process whose children collect into holdings and are killed on the way.

python -m tests.unit.lake_dies FOLDER POINT…: one process for all points, because a start costs a second and a fork
nothing. Each child works on FOLDER/POINT.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

from hefu.dataplane.lake.folding import Folding
from hefu.dataplane.lake.shelves import FolderShelf
from hefu.dataplane.lake.table import LakeTable
from hefu.dataplane.lanes.file_run import FileRun
from tests.unit.test_dataplane_lake import Place, people

#: Where a child dies: with a staged file half published, with new files beside the staged one, just before and just
#: after the commit.
POINTS: dict[str, tuple[Any, str]] = {
    "staging": (FileRun, "_publish"),
    "folding": (Folding, "_tally"),
    "committing": (LakeTable, "commit"),
    "committed": (FolderShelf, "settle_log"),
}


def _die(*_given: object, **_named: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def _work(folder: Path, point: str) -> None:
    place = Place(folder / point)
    place.folder.mkdir()
    place.write(people(200))
    place.collect(1)
    place.write(people(190, changed=frozenset({3, 4})))
    setattr(*POINTS[point], _die)
    place.collect(2)


if __name__ == "__main__":
    for wanted in sys.argv[2:]:
        child = os.fork()
        if not child:
            try:
                _work(Path(sys.argv[1]), wanted)
            finally:
                os._exit(1)  # it should have been killed
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
