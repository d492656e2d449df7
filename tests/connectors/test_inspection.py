"""What the control plane learns of a source before it mounts anything."""

from pathlib import Path

import psycopg
import pytest

from hefu.dataplane.connectors.folder.inspection import inspect_file, list_files
from hefu.dataplane.connectors.folder.source import FolderSource
from hefu.dataplane.connectors.postgres.inspection import inspect_table, list_tables, load, test_connection
from hefu.dataplane.connectors.relation import TableSummary
from hefu.dataplane.errors import AddressRefused, SideLost, SideRefused
from tests.conftest import Database
from tests.connectors.place import connection_to


def test_tables_are_listed_with_what_people_wrote_about_them(a_database: Database) -> None:
    a_database.run('create schema "一"')
    a_database.run('create table "一"."人" (id bigint primary key, name varchar(40), a int, b int, unique (b, a))')
    a_database.run("""comment on table "一"."人" is '常住人口'""")
    a_database.run("""comment on column "一"."人".name is '姓名'""")
    a_database.run('create unique index on "一"."人" (a) where a > 0')
    a_database.run('create view seen as select * from "一"."人"')
    a_database.run("create table parted (n int) partition by range (n)")
    a_database.run('insert into "一"."人" select n from generate_series(1, 7) n')
    a_database.run("analyze")
    connection = connection_to(a_database)
    tested = test_connection(connection)
    assert (tested.readable, tested.can_create, int(tested.server_version.split(".")[0]) >= 14) == (3, True, True)
    listed = list_tables(connection)
    assert TableSummary("一", "人", "table", "常住人口", 7) in listed
    assert [(table.table, table.kind) for table in listed] == [
        ("parted", "partitioned table"), ("seen", "view"), ("人", "table"),
    ]  # fmt: skip
    facts = inspect_table(connection, "一", "人")
    assert [(column.name, str(column.type), column.nullable, column.comment) for column in facts.columns[:2]] == [
        ("id", "bigint", False, ""), ("name", "character varying(40)", True, "姓名"),
    ]  # fmt: skip
    assert (facts.primary_key, facts.unique_keys) == (("id",), (("b", "a"),))


def test_a_server_says_how_busy_it_is_as_far_as_its_account_may_know(a_database: Database) -> None:
    a_database.run("create table slow (n int)")
    with psycopg.connect(a_database.url) as other:
        other.execute("insert into slow values (1)")  # its transaction stays open
        told = load(connection_to(a_database))
        seen = a_database.run("select pg_has_role('pg_read_all_stats', 'usage')")[0][0]
        assert 2 <= told.sessions <= told.most_sessions
        if seen:
            assert told.running is not None
            assert told.oldest_s is not None
        else:
            assert (told.running, told.oldest_s) == (None, None)


def test_what_is_not_there_is_said_plainly(a_database: Database) -> None:
    with pytest.raises(SideRefused, match=r"no table public\.nothing that \w+ may read"):
        inspect_table(connection_to(a_database), "public", "nothing")


def test_a_connection_that_fails_says_why(a_database: Database) -> None:
    good = connection_to(a_database)
    cases = {"dbname": "nowhere", "password": "wrong", "port": 1, "host": "169.254.1.1"}
    kinds = {"dbname": SideRefused, "password": SideRefused, "port": SideLost, "host": AddressRefused}
    for name, value in cases.items():
        with pytest.raises(kinds[name]) as caught:
            test_connection(type(good)(**{**vars(good), name: value}))
        assert "wrong" not in str(caught.value)


def test_files_are_listed_with_the_columns_of_their_first_line(tmp_path: Path) -> None:
    (tmp_path / "企业.csv").write_bytes("统一代码,名称\r\n1,甲\r\n".encode("gb18030"))
    (tmp_path / "notes.txt").write_text("no")
    source = FolderSource(tmp_path, "gb18030")
    assert [table.table for table in list_files(source)] == ["企业.csv"]
    facts = inspect_file(source, "企业.csv")
    assert [(column.name, str(column.type)) for column in facts.columns] == [("统一代码", "text"), ("名称", "text")]


@pytest.mark.parametrize(
    ("content", "name", "encoding", "words"),
    [
        (b"a,a\n1,2\n", "f.csv", "utf-8", "names a twice"),
        (b"a,,b\n", "f.csv", "utf-8", "does not name every column"),
        (b"", "f.csv", "utf-8", "does not name every column"),
        ("名称\n".encode("gb18030"), "f.csv", "utf-8", "f.csv is not utf-8 text from byte 0 on"),
        (b"a\n", "../outside.csv", "utf-8", "no file"),
        (b"a\n", "gone.csv", "utf-8", "no file"),
        (b"a\n", "f.csv", "klingon", "not klingon text"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    content: bytes, name: str, encoding: str, words: str, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "f.csv").write_bytes(content)
    (tmp_path / "outside.csv").write_bytes(b"a\n")
    with pytest.raises(SideRefused, match=words):
        inspect_file(FolderSource(folder, encoding), name)


def test_a_link_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "secret.csv").write_text("a\n")
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(SideRefused, match="no file"):
        inspect_file(FolderSource(folder), "link.csv")
