"""Files on an SFTP server beyond the shared suite: the server's key, files that are not whole yet, names."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from hefu.dataplane import sides
from hefu.dataplane.connectors.sftp.connection import SftpSession
from hefu.dataplane.connectors.sftp.source import SftpSource
from hefu.dataplane.errors import SideLost, SideRefused
from tests.sftp import SftpServer


def test_a_server_with_another_key_is_told_no_password(sftp: SftpServer) -> None:
    other = replace(sftp.connection, host_key="SHA256:" + "A" * 43)
    with pytest.raises(SideRefused) as caught:
        sides.tried(SftpSource(other))
    assert sftp.host_key in str(caught.value)
    assert other.password not in str(caught.value)


def test_files_that_are_being_written_are_not_listed_and_not_taken(sftp: SftpServer, tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv.part", ".c.csv", "d.filepart", "e.txt", "龙.xlsx"):
        (sftp.folder / name).write_text("id\n1\n")
    (sftp.folder / "folder.csv").mkdir()
    source = SftpSource(sftp.connection)
    assert [one.table for one in sides.tables(source)] == ["a.csv", "龙.xlsx"]
    growing = sftp.folder / "a.csv"
    growing.write_text("id\n" + "1\n" * 900_000)

    def grow(passed: int) -> None:
        with growing.open("a") as file:
            file.write("2\n")

    session = SftpSession(sftp.connection, "source")
    with pytest.raises(SideLost, match="still being written") as caught:
        session.fetch("a.csv", tmp_path / "taken", grow)
    assert caught.value.transient
    session.fetch("a.csv", tmp_path / "taken")
    session.close()
    assert (tmp_path / "taken").read_bytes() == growing.read_bytes()


def test_no_name_leads_out_of_the_folder(sftp: SftpServer) -> None:
    (sftp.folder.parent / "secret.csv").write_text("id\n1\n")
    os.symlink(sftp.folder.parent / "secret.csv", sftp.folder / "link.csv")
    source = SftpSource(sftp.connection)
    for name in ("../secret.csv", "link.csv", str(sftp.folder.parent / "secret.csv"), "gone.csv", "a\0b.csv"):
        with pytest.raises(SideRefused, match="no file"):
            sides.inspected(source, "", name)


def test_a_sheet_of_a_workbook_is_found_by_its_name(sftp: SftpServer) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(sftp.folder / "book.xlsx"))
    for name in ("甲", "乙"):
        book.add_worksheet(name).write_row(0, 0, [name, "id"])
    book.close()
    facts = sides.inspected(SftpSource(sftp.connection), "", "book.xlsx#乙")
    assert ([column.name for column in facts.columns], facts.table) == (["乙", "id"], "book.xlsx#乙")


def test_an_account_that_may_not_is_told_so(sftp: SftpServer) -> None:
    for changes in ({"user": "nobody"}, {"folder": "/nowhere"}):
        with pytest.raises(SideRefused):
            sides.tables(SftpSource(replace(sftp.connection, **changes)))
