"""The command line: quick, in the reader's language, and silent about secrets."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from hefu.cli.language import chosen, filled
from hefu.cli.main import COMMANDS
from hefu.cli.output import as_json_text, show_rows, width
from hefu.cli.secrecy import without_secrets

CLI = Path(__file__).resolve().parents[2] / "src" / "hefu" / "cli"


def hefu(*arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "hefu", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin", **environ})


def test_every_command_is_a_file_of_its_own_with_a_command_in_it() -> None:
    for name, (where, about) in COMMANDS.items():
        module, _, attribute = where.partition(":")
        file = CLI / f"{module.rpartition('.')[2]}.py"
        tree = ast.parse(file.read_text(encoding="utf-8"))
        assert attribute in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, name
        assert about.endswith(".")


def test_no_command_imports_django_before_it_runs() -> None:
    script = (
        "import importlib, sys; from hefu.cli.main import COMMANDS\n"
        "for where, _ in COMMANDS.values(): importlib.import_module(where.partition(':')[0])\n"
        "print('django' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_help_lists_every_command() -> None:
    done = hefu("--help")
    assert done.returncode == 0
    assert [name for name in COMMANDS if f"\n  {name} " not in done.stdout] == []


def test_a_refusal_is_a_sentence_with_its_code_and_ends_with_2() -> None:
    done = hefu("db", "--status", HEFU_PORT="many")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("The setting HEFU_PORT cannot be used:")
    assert done.stderr.endswith("(node.setting_rejected)\n")


def test_a_refusal_can_be_read_by_a_program() -> None:
    done = hefu("db", "--status", "--json", HEFU_PORT="many")
    assert done.returncode == 2
    assert '"refused": "node.setting_rejected"' in done.stdout


def test_a_refusal_speaks_chinese_to_a_chinese_shell() -> None:
    done = hefu("db", "--status", HEFU_PORT="many", LANG="zh_CN.UTF-8")
    assert done.stderr.startswith("设置 HEFU_PORT 无法使用：")


def test_an_unknown_command_ends_with_2_and_says_so() -> None:
    done = hefu("upp")
    assert done.returncode == 2
    assert "No such command 'upp'" in done.stderr


def test_an_unforeseen_error_is_shown_without_secrets() -> None:
    script = (
        "import click; from hefu.cli import main\n"
        "@main.hefu.command('burst')\n"
        "def burst(): raise RuntimeError('lost postgresql://hefu:s3cret@db/hefu and ' + 'k' * 43 + '=')\n"
        "main.hefu.get_command = lambda ctx, name: burst\n"
        "main.main(['burst'])"
    )
    environ = {"HEFU_MASTER_KEY": "k" * 43 + "="}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=environ)
    assert done.returncode == 1
    assert "RuntimeError: lost postgresql://hefu:***@db/hefu and ***" in done.stderr
    assert "s3cret" not in done.stderr


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://hefu:p%40ss@db:5432/x", "postgresql://hefu:***@db:5432/x"),
        ("postgresql://db/x", "postgresql://db/x"),
        ("password=abc host=db", "password=*** host=db"),
        ('{"secret": "abc", "name": "x"}', '{"secret": "***", "name": "x"}'),
        ("TOKEN: abc", "TOKEN: ***"),
        ("the password was wrong", "the password was wrong"),
    ],
)
def test_passwords_are_blotted_out_wherever_they_stand(text: str, shown: str) -> None:
    assert without_secrets(text) == shown


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh_Hans"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "HEFU_LANG": "zh"}, "zh_Hans"),
    ],
)
def test_the_shells_language_is_answered_in(environ: dict[str, str], language: str) -> None:
    assert chosen(environ) == language


def test_a_fact_may_be_a_sentence_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEFU_LANG", "zh")
    facts = {"reason": "no route", "way_on": "Check HEFU_DATABASE_URL and the server it names."}
    said = filled("The database does not answer: {reason}. {way_on}", facts)
    assert said == "数据库没有应答：no route。请检查 HEFU_DATABASE_URL 及其指向的服务器。"


def test_columns_stand_under_each_other_though_chinese_is_wide(capsys: pytest.CaptureFixture[str]) -> None:
    show_rows([{"name": "人口", "rows": 7}, {"name": "a", "rows": 12}], as_json=False)
    assert capsys.readouterr().out == "name  rows\n人口  7\na     12\n"
    assert width("人口a") == 5


def test_json_keeps_chinese_readable() -> None:
    assert as_json_text({"name": "人口"}) == '{\n  "name": "人口"\n}'
