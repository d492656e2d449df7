"""Rows staged in a file of the run's own: their instants are read in no zone of the host's."""

import contextlib
import time
from collections.abc import Iterator

import pyarrow as pa
import pytest

from hefu.dataplane.connectors.staging import RELATION, Stage


@pytest.fixture
def in_shanghai(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_shanghai")
def test_an_instant_without_its_zone_is_read_in_utc_on_every_host() -> None:
    stage = Stage(contextlib.nullcontext)
    with contextlib.closing(stage):
        stage.fill(["seen"], iter([pa.record_batch({"seen": ["2038-01-19 03:14:07.999999"]})]), lambda rows: None)
        stage.open({"seen": "try_cast(seen as timestamptz)"}, frozenset())
        assert stage.ask(f"select seen::text from {RELATION}") == [("2038-01-19 03:14:07.999999+00",)]
        stream = stage.stream()
        [batch] = stream.batches(f"select epoch_us(seen) as moment from {RELATION}")
        assert batch.to_pydict() == {"moment": [2147483647999999]}
        stream.close()
