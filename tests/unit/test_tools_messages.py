"""Sentences are found where people mark them, and a catalogue is held to them."""

import gettext
from pathlib import Path

import pytest

from tools.messages import add_missing, check, compile_all, fields, in_python, in_template

FILE = Path("x")
ERRORS = 'from hefu.kernel.words import _\n\ntext = _("Case {number} is late.")\n'
CATALOGUE = "src/hefu/rooms/cases/locale/zh_Hans/LC_MESSAGES/django.po"


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def with_catalogue(root: Path, entry: str) -> list[str]:
    header = 'msgid ""\nmsgstr ""\n"Language: zh_Hans\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    write(root, {"src/hefu/rooms/cases/errors.py": ERRORS, CATALOGUE: header + entry})
    return [problem.what for problem in check(root)]


def test_python_marks_are_found_whole_across_lines() -> None:
    source = """
a = _("One "
      "sentence.")
b = gettext_lazy("Two")
c = ngettext("{n} row", "{n} rows", 3)
d = other("No")
"""
    assert [one.text for one in in_python(source, FILE)] == ["One sentence.", "Two", "{n} row", "{n} rows"]


def test_a_mark_around_a_value_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"x:1: _\(\) takes one plain text"):
        list(in_python('_(f"{name} is late")', FILE))


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{% translate 'My desk' %}", ["My desk"]),
        ('{% trans "Say \\"yes\\"" as word %}', ['Say "yes"']),
        ('{% translate "100% sure" %}', ["100%% sure"]),
        ('{% include "a.html" with title=_("Grants") %}', ["Grants"]),
        ("{% blocktranslate %}Case {{ number }} is late.{% endblocktranslate %}", ["Case %(number)s is late."]),
        (
            "{% blocktranslate trimmed with n=x.y %}\n  One\n  {{ n }}\n{% endblocktranslate %}",
            ["One %(n)s"],
        ),
        (
            "{% blocktranslate count n=rows %}{{ n }} row{% plural %}{{ n }} rows{% endblocktranslate %}",
            ["%(n)s row", "%(n)s rows"],
        ),
        ("{{ value }} plain text", []),
    ],
)
def test_template_marks_are_found_as_django_looks_them_up(template: str, expected: list[str]) -> None:
    assert [one.text for one in in_template(template, FILE)] == expected


def test_a_sentence_without_an_entry_is_named_with_its_place(tmp_path: Path) -> None:
    write(tmp_path, {"src/hefu/rooms/cases/errors.py": ERRORS})
    (problem,) = check(tmp_path)
    assert str(problem) == (f"{CATALOGUE}: no entry for 'Case {{number}} is late.' (src/hefu/rooms/cases/errors.py:3)")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ('msgid "Case {number} is late."\nmsgstr "办件 {number} 已逾期。"\n', []),
        ('msgid "Case {number} is late."\nmsgstr ""\n', ["not translated: 'Case {number} is late.'"]),
        (
            '#, fuzzy\nmsgid "Case {number} is late."\nmsgstr "办件"\n',
            ["fuzzy: somebody has to look at 'Case {number} is late.'"],
        ),
        (
            'msgid "Case {number} is late."\nmsgstr "办件 {no} 已逾期。"\n',
            ["'Case {number} is late.': the translation names ['no'], which it is not given"],
        ),
        (
            'msgid "Case {number} is late."\nmsgstr "办件"\n\nmsgid "Gone."\nmsgstr "没了。"\n',
            ["stale: nothing says 'Gone.' any more"],
        ),
    ],
)
def test_an_entry_is_whole_current_and_fits_its_sentence(tmp_path: Path, entry: str, said: list[str]) -> None:
    assert with_catalogue(tmp_path, entry) == said


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("办件 {number} 已逾期。", []),
        (
            "{number} 号超时。",
            [
                "'Case {number} is late.' is '{number} 号超时。' here and '办件 {number} 已逾期。' in "
                "src/hefu/rooms/cases/locale/zh_Hans/LC_MESSAGES/django.po"
            ],
        ),
    ],
)
def test_two_catalogues_put_a_sentence_into_the_same_words(tmp_path: Path, other: str, said: list[str]) -> None:
    header = 'msgid ""\nmsgstr ""\n"Language: zh_Hans\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    write(
        tmp_path,
        {
            "src/hefu/rooms/visits/errors.py": ERRORS,
            CATALOGUE.replace("cases", "visits"): f'{header}msgid "Case {{number}} is late."\nmsgstr "{other}"\n',
        },
    )
    assert with_catalogue(tmp_path, 'msgid "Case {number} is late."\nmsgstr "办件 {number} 已逾期。"\n') == said


def test_a_page_folder_with_a_catalogue_of_its_own_owns_its_sentences(tmp_path: Path) -> None:
    page = {"src/hefu/portal/desk/templates/desk.html": "{% translate 'My desk' %}"}
    write(tmp_path, page)
    (tmp_path / "src/hefu/portal/desk/locale").mkdir()
    assert [problem.where for problem in check(tmp_path)] == [
        "src/hefu/portal/desk/locale/zh_Hans/LC_MESSAGES/django.po"
    ]


def test_a_languages_own_name_needs_no_translation(tmp_path: Path) -> None:
    write(tmp_path, {"src/hefu/site/settings.py": 'x = gettext_lazy("简体中文")\n'})
    assert check(tmp_path) == []


def test_what_is_added_and_translated_is_compiled_and_read_back(tmp_path: Path) -> None:
    tricky = 'from hefu.kernel.words import _\ntext = _("Say \\"yes\\"\\nor \\\\ {number}.")\n'
    write(tmp_path, {"src/hefu/rooms/cases/errors.py": tricky})
    assert add_missing(tmp_path) == 1
    assert add_missing(tmp_path) == 0
    assert [problem.what[:14] for problem in check(tmp_path)] == ["not translated"]
    path = tmp_path / CATALOGUE
    text = path.read_text(encoding="utf-8")
    head, _, _ = text.rpartition('msgstr ""')
    path.write_text(head + 'msgstr "请说“是” {number}"\n', encoding="utf-8")
    assert check(tmp_path) == []
    assert compile_all(tmp_path) == 1
    assert compile_all(tmp_path) == 0
    with path.with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext('Say "yes"\nor \\ {number}.') == "请说“是” {number}"


def test_fields_are_read_in_both_ways_of_writing_them() -> None:
    assert fields("{due_on:%d %B %Y} {a.b} %(n)s {{no}}") == {"due_on", "a", "n"}
