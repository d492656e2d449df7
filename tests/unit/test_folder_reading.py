"""Files of a folder become rows of text, whatever kind they are, and say why when they cannot."""

import sqlite3
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest
import xlsxwriter

from hefu.dataplane.connectors.folder import reading
from hefu.dataplane.connectors.folder.reading import Unreadable, header, load, rows, tables

HEADER = ["k", "n", "when", "none"]
LINES = [["甲", "5", "2024-01-02", ""], ['b,"c"', "1.50", "2024-01-02 03:04:00", ""]]


def a_csv(path: Path, delimiter: str = ",") -> None:
    text = "\r\n".join(
        delimiter.join('"' + cell.replace('"', '""') + '"' if cell else "" for cell in row) for row in [HEADER, *LINES]
    )
    path.write_text(text + "\r\n", encoding="gb18030")


def a_workbook(path: Path) -> None:
    with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        sheet = book.add_worksheet("名单")
        sheet.write_row(1, 0, HEADER)
        sheet.write_row(2, 0, ["甲", 5, date(2024, 1, 2)])
        sheet.write_row(4, 0, ['b,"c"', "1.50", datetime(2024, 1, 2, 3, 4)])  # noqa: DTZ001 - a sheet knows no zone
        book.add_worksheet("空表")


def some_lines(path: Path) -> None:
    path.write_text(
        '{"k": "甲", "n": 5, "when": "2024-01-02"}\n\n'
        '{"none": null, "k": "b,\\"c\\"", "n": 1.50, "when": "2024-01-02 03:04:00"}\n',
        encoding="utf-8",
    )


def a_parquet(path: Path) -> None:
    columns = {
        "k": ["甲", 'b,"c"'],
        "n": pa.array([Decimal("5.00"), Decimal("1.50")]),
        "when": ["2024-01-02", "2024-01-02 03:04:00"],
        "none": pa.array([None, None], pa.int32()),
    }
    pa.parquet.write_table(pa.table(columns), path)


def a_sqlite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute('create table "名 单" (k text primary key, n, "when" text, none integer)')
        database.execute("insert into \"名 单\" values ('甲', 5, '2024-01-02', null)")
        database.execute("insert into \"名 单\" values (?, '1.50', '2024-01-02 03:04:00', null)", ['b,"c"'])
        database.commit()


MADE = {
    "f.csv": (a_csv, "gb18030"),
    "f.TSV": (lambda path: a_csv(path, "\t"), "gb18030"),
    "f.xlsx": (a_workbook, "utf-8"),
    "f.jsonl": (some_lines, "utf-8"),
    "f.parquet": (a_parquet, "utf-8"),
    "f.sqlite": (a_sqlite, "utf-8"),
}


@pytest.mark.parametrize("name", list(MADE))
def test_every_kind_of_file_gives_the_same_rows_of_text(name: str, tmp_path: Path) -> None:
    make, codec = MADE[name]
    path = tmp_path / name
    make(path)
    columns = header(path, "", codec)
    assert list(columns) == HEADER
    first = ["甲", "5.00" if name == "f.parquet" else "5", "2024-01-02", ""]
    assert list(rows(path, "", codec)) == [HEADER, first, LINES[1]]

    database = duckdb.connect()
    load(database, path, "", codec, columns, tmp_path)
    told = [[cell or "" for cell in row] for row in database.execute("select * from written").fetchall()]
    assert told == [first, LINES[1]]
    assert database.execute("select count(*) from written where none is null").fetchall() == [(2,)]


def test_numbers_of_json_keep_their_digits_and_lists_their_form(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    path.write_text('{"a": 123456789012345678901, "b": 0.10, "c": {"d": [1, true]}, "e": false}\n', encoding="utf-8")
    assert list(rows(path, "", "utf-8"))[1] == ["123456789012345678901", "0.10", '{"d": [1, true]}', "false"]


def test_a_sheet_is_chosen_by_its_name(tmp_path: Path) -> None:
    a_workbook(path := tmp_path / "f.xlsx")
    assert tables(path) == ["名单", "空表"]
    assert header(path, "空表", "utf-8") == ()
    with pytest.raises(Unreadable, match="no sheet"):
        header(path, "别的", "utf-8")


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("f.xlsx", b"PK\x03\x04 cut off", "no workbook"),
        ("f.xls", b"not one either", "no workbook"),
        ("f.jsonl", b'{"a": 1}\n{"a": \n', "line 2"),
        ("f.jsonl", b"[1, 2]\n", "line 1"),
        ("f.db", b"no database of any kind " * 9, "no SQLite"),
        ("f.parquet", b"PAR1 and nothing", "no Parquet"),
    ],
)
def test_a_broken_file_says_what_it_is_not(name: str, content: bytes, why: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=why):
        header(path, "", "utf-8")


def test_a_workbook_that_would_not_fit_beside_a_run_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_workbook(path := tmp_path / "f.xlsx")
    monkeypatch.setattr(reading, "LARGEST_WORKBOOK", 100)
    with pytest.raises(Unreadable, match="save it as CSV"):
        header(path, "", "utf-8")
