"""A folder of CSV files: text becomes what the grant promises, or is rejected with its own words."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest
import xlsxwriter

from hefu.dataplane.checks import NotNull
from hefu.dataplane.connectors.folder.inspection import inspect_file, list_files
from hefu.dataplane.connectors.folder.source import FolderSource
from hefu.dataplane.errors import PlanRefused, SideRefused
from hefu.dataplane.filters import Between, RowFilter
from hefu.dataplane.masks import DateTrunc
from hefu.dataplane.run import ListSink
from hefu.dataplane.ticket import Item, ResourceKind, ResourceRef, Ticket
from tests.conftest import Database
from tests.connectors.place import Place, a_place

ITEMS = (
    Item("k", "k"), Item("n", "n", "integer"), Item("m", "m", "numeric(8,2)"),
    Item("d", "d", "date", DateTrunc("month")), Item("b", "b", "boolean"),
    Item("f", "f", "float8"), Item("t", "t", "timestamp"),
)  # fmt: skip
GOOD = "a,5,1.50,2024-02-29,true,1e3,2024-01-02 03:04:05,x"


@pytest.fixture
def place(make_database: Callable[[], Database]) -> Place:
    return a_place(make_database)


def a_ticket(place: Place, **changes: object) -> Ticket:
    plain: dict[str, object] = {
        "resource": ResourceRef("s", ResourceKind.FILE_FOLDER, "", "f.csv"), "items": ITEMS, "key": ("k",),
        "filter": RowFilter(), "checks": (),
    }  # fmt: skip
    return place.ticket(**(plain | changes))


def a_file(folder: Path, *lines: str) -> FolderSource:
    (folder / "f.csv").write_text("\n".join(["k,n,m,d,b,f,t,other", *lines]) + "\n", encoding="utf-8")
    return FolderSource(folder)


def test_text_becomes_the_promised_types(place: Place, tmp_path: Path) -> None:
    source = a_file(tmp_path, GOOD, "b,,,,,,,", '"c,""c""",-7,2,2024/3/1,f,.5,2024-01-02,y')
    outcome = place.deliver(source=source, ticket=a_ticket(place))
    assert (outcome.rows_written, outcome.rows_rejected) == (3, 0)
    assert place.rows(columns="k, n, m, d, b, f")[0] == ("a", 5, Decimal("1.50"), date(2024, 2, 1), True, 1000.0)
    assert place.rows(columns="k, n, m, d, b, f")[1] == ("b", None, None, None, None, None)
    assert place.rows(columns="k, n, m, d, b, f")[2] == ('c,"c"', -7, Decimal("2.00"), date(2024, 3, 1), False, 0.5)


def other_kinds(folder: Path) -> None:
    """Write the good row as each other kind of file."""
    names, cells = ["k", "n", "m", "d", "b", "f", "t", "other"], GOOD.split(",")
    (folder / "f.tsv").write_text("\t".join(names) + "\n" + "\t".join(cells) + "\n", encoding="utf-8")
    (folder / "f.jsonl").write_text(json.dumps(dict(zip(names, cells, strict=True))) + "\n", encoding="utf-8")
    with xlsxwriter.Workbook(str(folder / "f.xlsx")) as book:
        for name in ("2025", "2026"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, names)
            sheet.write_row(1, 0, cells if name == "2026" else [*cells[:1], "not a number", *cells[2:]])
    pa.parquet.write_table(
        pa.table({name: [cell] for name, cell in zip(names, cells, strict=True)}), folder / "f.parquet"
    )


@pytest.mark.parametrize("name", ["f.tsv", "f.jsonl", "f.xlsx#2026", "f.parquet"])
def test_every_kind_of_file_arrives_as_the_same_row(place: Place, tmp_path: Path, name: str) -> None:
    other_kinds(tmp_path)
    source = FolderSource(tmp_path)
    assert name in [each.table for each in list_files(source)]
    outcome = place.deliver(
        source=source, ticket=a_ticket(place, resource=ResourceRef("s", ResourceKind.FILE_FOLDER, "", name))
    )
    assert (outcome.rows_written, outcome.rows_rejected) == (1, 0)
    assert place.rows(columns="k, n, m, d, b, f") == [("a", 5, Decimal("1.50"), date(2024, 2, 1), True, 1000.0)]


def test_a_folder_shows_what_can_be_read_and_says_of_the_rest_why_not(tmp_path: Path) -> None:
    other_kinds(tmp_path)
    (tmp_path / "broken.xlsx").write_bytes(b"PK cut off")
    (tmp_path / "notes.docx").write_bytes(b"a letter")
    source = FolderSource(tmp_path)
    shown = [each.table for each in list_files(source)]
    assert shown == ["broken.xlsx", "f.jsonl", "f.parquet", "f.tsv", "f.xlsx#2025", "f.xlsx#2026"]
    with pytest.raises(SideRefused, match="no workbook"):
        inspect_file(source, "broken.xlsx")
    with pytest.raises(SideRefused, match="no file"):
        inspect_file(source, "../f.tsv")


@pytest.mark.parametrize(
    ("column", "bad"),
    [
        ("n", "5.5"), ("n", "99999999999"), ("n", "1e3"), ("n", " 5"), ("n", "５"), ("m", "1.555"),
        ("m", "12345678.00"), ("d", "2023-02-29"), ("d", "20240101"), ("d", "01/02/2024"), ("b", "yes"), ("f", "nan"),
        ("t", "2024-01-02 25:00"),
    ],
)  # fmt: skip
def test_text_that_is_no_such_value_rejects_the_row_with_its_own_words(
    place: Place, column: str, bad: str, tmp_path: Path
) -> None:
    cells = GOOD.split(",")
    cells["knmdbft".index(column)] = bad
    sink = ListSink()
    source = a_file(tmp_path, GOOD.replace("a", "z", 1), ",".join(cells))
    outcome = place.deliver(source=source, ticket=a_ticket(place), rejects=sink)
    assert (outcome.rows_written, [row.reasons for row in sink.rows]) == (1, [(f"typed({column})",)])
    assert sink.rows[0].values[column] == bad


def test_a_filter_and_a_check_see_the_typed_value(place: Place, tmp_path: Path) -> None:
    source = a_file(tmp_path, *(GOOD.replace("a,5", f"k{n},{n}") for n in range(12)), "odd,x,,,,,,")
    rows = RowFilter((Between("n", 3, 9),))
    outcome = place.deliver(source=source, ticket=a_ticket(place, filter=rows, checks=(NotNull("other"),)))
    assert (outcome.rows_read, outcome.rows_written) == (7, 7)


def test_a_type_that_text_cannot_become_is_refused_before(place: Place, tmp_path: Path) -> None:
    with pytest.raises(PlanRefused, match="text in a file cannot become uuid"):
        place.deliver(source=a_file(tmp_path, GOOD), ticket=a_ticket(place, items=(Item("k", "k", "uuid"),)))


@pytest.mark.parametrize("line", ["a,b", '"open', "a,1,1,2024-01-01,t,1,2024-01-01,x,more"])
def test_a_line_of_another_length_is_refused_with_the_file_named(place: Place, line: str, tmp_path: Path) -> None:
    with pytest.raises(SideRefused, match=r"f\.csv"):
        place.deliver(source=a_file(tmp_path, GOOD, line), ticket=a_ticket(place))


def test_a_file_in_another_encoding_is_refused(place: Place, tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_bytes(
        ("k,n,m,d,b,f,t,other\n" + "甲,1,1,2024-01-01,t,1,2024-01-01,x\n").encode("gb18030")
    )
    with pytest.raises(SideRefused, match="not utf-8 text from byte 20 on"):
        place.deliver(source=FolderSource(tmp_path), ticket=a_ticket(place))
    assert place.deliver("D-2", source=FolderSource(tmp_path, "gb18030"), ticket=a_ticket(place)).rows_written == 1
