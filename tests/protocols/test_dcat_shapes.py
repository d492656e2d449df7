"""DCAT-AP 3.0.1's own shapes find nothing wrong with what we export of real portals.

Of each portal a sample is imported, exported and held against the shapes: the first row of every kind, by
which columns are filled and what the short ones say, and rows spread evenly over the file. Entries in whole
take the referee an hour; `benchmarks/dcat_shapes.py` does that.
"""

import io
import json
from typing import Any

import pytest

from hefu.kernel.canonical import plain
from hefu.protocols.dcat.export import export
from hefu.protocols.dcat.wire import Syntax
from hefu.rooms.catalog import queries
from hefu.rooms.catalog.importing.reading import read_table
from tests.builders import SYSTEM
from tests.protocols.portals import CATALOGUES, PORTALS, SHAPES, taken
from tests.protocols.shapes import FILES, PAIR, violations

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not SHAPES.exists(), reason=f"the input files of others are not here: {SHAPES}"),
]

BASE = "https://share.example.gov.cn"
#: Rows of each portal.
SAMPLE = 12


def sample(name: str) -> list[dict[str, Any]]:
    """Return rows of a portal: each kind's first, then some spread over the file."""
    table = read_table((CATALOGUES / name).read_bytes(), name)
    rows = [row for _number, row in table.rows]
    kinds: dict[str, dict[str, Any]] = {}
    for row in rows:
        short = [str(value) if len(str(value)) < 6 else bool(str(value).strip()) for value in row.values()]
        kinds.setdefault(json.dumps(short, ensure_ascii=False), row)
    first = list(kinds.values())
    chosen = [*first[:: max(1, len(first) // SAMPLE)][: SAMPLE * 2 // 3], *rows[:: max(1, 3 * len(rows) // SAMPLE)]]
    return [plain(row) for row in chosen[:SAMPLE]]


def test_a_sample_of_every_portal_is_valid_in_every_shape_file() -> None:
    assert len(PORTALS) == 14
    for name in PORTALS:
        assert taken(f"{name}.json", json.dumps(sample(name), ensure_ascii=False).encode()).taken >= SAMPLE // 2, name
    found = queries.published(viewer=SYSTEM, order="code")
    assert found.count() > 14 * SAMPLE // 2
    output = io.BytesIO()
    export(found, syntax=Syntax.TURTLE, base=BASE, title="目录", viewer=SYSTEM, output=output)
    assert violations(output.getvalue(), files=FILES) == []


def test_the_referee_sees_what_is_missing_and_what_has_no_type() -> None:
    taken("one.json", json.dumps(sample(PORTALS[0])[:3], ensure_ascii=False).encode())
    output = io.BytesIO()
    found = queries.published(viewer=SYSTEM, order="code")
    export(found, syntax=Syntax.TURTLE, base=BASE, title="目录", viewer=SYSTEM, output=output)
    text = output.getvalue().decode()
    assert any("title" in one for one in violations(text.replace("dct:title", "dct:alternative").encode(), files=PAIR))
    untyped = violations(text.replace("a dct:Frequency", "a dct:Period").encode(), files=PAIR)
    assert any("accrualPeriodicity" in one for one in untyped)
