"""Files hold the rows as they are: nothing runs, nothing is cut, nothing changes on the way back."""

import csv
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
import python_calamine
from hypothesis import given, settings
from hypothesis import strategies as st

from hefu.dataplane.errors import FormatLimit
from hefu.dataplane.formats import FileFormat, FileTarget, Format, format_of
from hefu.dataplane.formats.csv_file import CsvFormat, defused, fused
from hefu.dataplane.formats.texts import arrow_type, as_texts
from hefu.dataplane.formats.xlsx_file import CELL, XlsxFormat
from hefu.dataplane.plan import Output
from hefu.dataplane.types import parse

NASTY = [
    "=1+1", "+86", "-1", "@x", "\tx", "\rx", "'=1", "''+", "'plain", "＝1", "plain", "", None, 'a"b', "a,b", "a\nb",
    "\\N", "_x0041_", "   ", "王小明", "00123",
]  # fmt: skip


def output(name: str, written: str) -> Output:
    return Output(name, parse(written), None, name, parse(written))


def written(form: Format, path: Path, outputs: Sequence[Output], columns: Sequence[Any]) -> Path:
    writer = form.writer(path, outputs)
    writer.write(pa.RecordBatch.from_arrays(list(columns), names=[each.name for each in outputs]))
    writer.close()
    return path


def keys(form: Format, path: Path, outputs: Sequence[Output], place: int) -> list[str | None]:
    batches = list(form.keys(path, outputs, [outputs[place]]))
    return [text for batch in batches for text in batch[0].to_pylist()]


@pytest.mark.parametrize("file_format", list(FileFormat))
def test_nasty_texts_come_back_as_they_were(file_format: FileFormat, tmp_path: Path) -> None:
    form = format_of(FileTarget(tmp_path / "f", file_format))
    outputs = [output("a", "text"), output("=b", "integer")]
    columns: list[Any] = [pa.array(NASTY, pa.string()), pa.array(range(len(NASTY)), pa.int32())]
    path = written(form, tmp_path / "f", outputs, columns)
    assert keys(form, path, outputs, 0) == NASTY
    assert keys(form, path, outputs, 1) == [str(number) for number in range(len(NASTY))]


def test_no_cell_of_a_csv_is_run_by_a_spreadsheet(tmp_path: Path) -> None:
    outputs = [output("=head", "text"), output("n", "integer")]
    columns: list[Any] = [pa.array(NASTY, pa.string()), pa.array([-1] * len(NASTY), pa.int32())]
    path = written(CsvFormat(bom=True), tmp_path / "f.csv", outputs, columns)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["'=head", "n"]
    assert {row[1] for row in rows[1:]} == {"-1"}  # a number is no formula
    assert not any(row[0][:1] in tuple("=+-@\t\r＝＋－＠") for row in rows[1:] if row[0])


def test_null_and_empty_text_differ_in_a_csv(tmp_path: Path) -> None:
    columns: list[Any] = [pa.array([None, ""], pa.string()), pa.array([None, 1], pa.int32())]
    path = written(CsvFormat(bom=False), tmp_path / "f", [output("a", "text"), output("b", "integer")], columns)
    assert path.read_text().splitlines()[1:] == [",", '"",1']


@settings(deadline=None)
@given(st.lists(st.none() | st.text(st.characters(exclude_categories=("Cs",))), max_size=20))
def test_defusing_is_undone_exactly(texts: list[str | None]) -> None:
    assert fused(defused(pa.array(texts, pa.string()))).to_pylist() == texts


def test_a_spreadsheet_shows_numbers_and_days_and_keeps_what_it_cannot_count(tmp_path: Path) -> None:
    outputs = [output("day", "date"), output("big", "bigint"), output("money", "numeric(12,2)"), output("x", "float8")]
    columns: list[Any] = [
        pa.array([date(2025, 8, 1), date(1850, 1, 1), None], pa.date32()),
        pa.array([5, 10**17 + 1, None], pa.int64()),
        pa.array(["1.50", "-0.05", None], pa.string()),
        pa.array([0.1, float("nan"), None], pa.float64()),
    ]
    path = written(XlsxFormat(), tmp_path / "f.xlsx", outputs, columns)
    rows = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    assert rows[1] == [date(2025, 8, 1), 5.0, 1.5, 0.1]
    assert rows[2] == ["1850-01-01", "100000000000000001", -0.05, "nan"]
    assert keys(XlsxFormat(), path, outputs, 0) == ["2025-08-01", "1850-01-01", None]
    assert keys(XlsxFormat(), path, outputs, 1) == ["5", "100000000000000001", None]
    assert keys(XlsxFormat(), path, outputs, 2) == ["1.50", "-0.05", None]


def test_more_rows_than_a_sheet_holds_go_on_the_next(tmp_path: Path) -> None:
    form, outputs = XlsxFormat(sheet_rows=11), [output("n", "integer")]
    path = written(form, tmp_path / "f.xlsx", outputs, [pa.array(range(25), pa.int32())])
    book = python_calamine.CalamineWorkbook.from_path(str(path))
    assert book.sheet_names == ["数据1", "数据2", "数据3"]
    assert [len(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names] == [11, 11, 6]
    assert keys(form, path, outputs, 0) == [str(number) for number in range(25)]


def test_what_a_spreadsheet_cannot_hold_is_refused(tmp_path: Path) -> None:
    long: list[Any] = [pa.array(["x" * (CELL + 1)])]
    writer = XlsxFormat().writer(tmp_path / "f", [output("a", "text")])
    with pytest.raises(FormatLimit, match="32768 characters"):
        writer.write(pa.RecordBatch.from_arrays(long, names=["a"]))
    writer.abandon()
    crowded = XlsxFormat(sheet_rows=2).writer(tmp_path / "g", [output("a", "integer")])
    with pytest.raises(FormatLimit, match="more than 10 sheets"):
        crowded.write(pa.record_batch({"a": pa.array(range(11), pa.int32())}))
    crowded.abandon()


def test_parquet_keeps_the_types(tmp_path: Path) -> None:
    outputs = [output("d", "numeric(12,2)"), output("t", "timestamp"), output("n", "numeric")]
    moment = datetime(2025, 8, 1, 1, 2, 3)  # noqa: DTZ001
    columns: list[Any] = [pa.array(["1.50", None]), pa.array([moment, None]), pa.array(["1e3", None])]
    form = format_of(FileTarget(tmp_path / "f", FileFormat.PARQUET))
    path = written(form, tmp_path / "f", outputs, columns)
    table = pyarrow.parquet.read_table(path)
    assert table.schema.types == [pa.decimal128(12, 2), pa.timestamp("us"), pa.string()]
    assert table.column("d").to_pylist() == [Decimal("1.50"), None]
    assert keys(form, path, outputs, 0) == ["1.50", None]


@pytest.mark.parametrize(
    ("type_name", "value", "text"),
    [
        ("timestamp", datetime(2025, 8, 1, 1, 2, 3), "2025-08-01 01:02:03"),  # noqa: DTZ001
        ("timestamp", datetime(2025, 8, 1, 1, 2, 3, 120000), "2025-08-01 01:02:03.12"),  # noqa: DTZ001
        ("timestamptz", datetime(2025, 8, 1, 1, 2, 30), "2025-08-01 01:02:30+00"),  # noqa: DTZ001
        ("date", date(2025, 8, 1), "2025-08-01"),
        ("boolean", True, "true"),
        ("bigint", -5, "-5"),
    ],
)
def test_values_have_the_text_that_postgresql_prints(type_name: str, value: Any, text: str) -> None:
    of = parse(type_name)
    assert as_texts(pa.array([value, None], arrow_type(of)), of).to_pylist() == [text, None]
