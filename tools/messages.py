"""Keeps the translations whole: every English sentence in `src` has a Chinese one in its owner's catalogue.

    python tools/messages.py              check, and say what is missing, stale or half done
    python tools/messages.py --add        append what is missing, with an empty translation
    python tools/messages.py --compile    write django.mo beside each django.po
    python tools/messages.py --only src/hefu/rooms/parties    look at one part alone

The owner of a sentence is the nearest folder above it that has a `locale` folder, else the part of
`hefu` it stands in. Nothing here needs GNU gettext.
"""

import argparse
import ast
import contextlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
LANGUAGE = "zh_Hans"

#: Functions whose first text argument is a sentence; the number says how many plural forms follow.
_MARKS = {"_": 1, "mark": 1, "gettext": 1, "gettext_lazy": 1, "gettext_noop": 1, "ngettext": 2, "ngettext_lazy": 2}
_CHINESE = re.compile("[一-鿿]")

_QUOTED = r'"(?P<double>(?:[^"\\]|\\.)*)"|' + r"'(?P<single>(?:[^'\\]|\\.)*)'"
_TRANSLATE = re.compile(r"\{%-?\s*(?:translate|trans)\s+(?:" + _QUOTED + r")")
_IN_TAG = re.compile(r"\b_\(\s*(?:" + _QUOTED + r")\s*\)")
_BLOCK = re.compile(
    r"\{%\s*(?:blocktranslate|blocktrans)(?P<options>[^%]*)%\}(?P<body>.*?)"
    r"\{%\s*end(?:blocktranslate|blocktrans)\s*%\}",
    re.DOTALL,
)
_PLURAL = re.compile(r"\{%\s*plural\s*%\}")
_VARIABLE = re.compile(r"\{\{\s*([\w.]+)[^}]*\}\}")


@dataclass(frozen=True)
class Sentence:
    """A sentence that people read, where it stands in the source."""

    text: str
    file: Path
    line: int


@dataclass(frozen=True)
class Problem:
    """Something a person has to do."""

    where: str
    what: str

    def __str__(self) -> str:
        """Return it as one line."""
        return f"{self.where}: {self.what}"


def sentences(root: Path) -> Iterator[Sentence]:
    """Yield every sentence marked in Python files and templates under `src/hefu`."""
    for file in sorted((root / "src/hefu").rglob("*.py")):
        if "migrations" not in file.parts:
            yield from in_python(file.read_text(encoding="utf-8"), file)
    for pattern in ("*.html", "*.txt"):
        for file in sorted((root / "src/hefu").rglob(pattern)):
            if "templates" in file.parts:
                yield from in_template(file.read_text(encoding="utf-8"), file)


def in_python(source: str, file: Path) -> Iterator[Sentence]:
    """Yield the sentences that a Python file marks.

    Raises:
        SystemExit: A mark around something that is not plain text, which no catalogue can hold.
    """
    calls = (node for node in ast.walk(ast.parse(source, str(file))) if isinstance(node, ast.Call))
    for node in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        if not isinstance(node.func, ast.Name):
            continue
        forms = _MARKS.get(node.func.id, 0)
        for argument in node.args[:forms]:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield Sentence(argument.value, file, argument.lineno)
            elif node.func.id == "_":
                raise SystemExit(f"{file}:{node.lineno}: _() takes one plain text; put values in by {{name}} later")


def in_template(source: str, file: Path) -> Iterator[Sentence]:
    """Yield the sentences that a template marks, as Django looks them up."""

    def line_at(position: int) -> int:
        return source.count("\n", 0, position) + 1

    for pattern in (_TRANSLATE, _IN_TAG):
        for match in pattern.finditer(source):
            text = match["double"] if match["double"] is not None else match["single"]
            yield Sentence(
                text.replace('\\"', '"').replace("\\'", "'").replace("%", "%%"), file, line_at(match.start())
            )
    for match in _BLOCK.finditer(source):
        for body in _PLURAL.split(match["body"]):
            text = _VARIABLE.sub(r"%(\1)s", body.replace("%", "%%"))
            if re.search(r"\btrimmed\b", match["options"]):
                text = " ".join(line.strip() for line in text.strip().splitlines() if line.strip())
            yield Sentence(text, file, line_at(match.start()))


def catalogue_of(file: Path, root: Path) -> Path:
    """Return the catalogue that owns the sentences of `file`."""
    package = root / "src/hefu"
    own = Path("locale", LANGUAGE, "LC_MESSAGES", "django.po")
    for folder in file.relative_to(package).parents:
        if folder.parts and (package / folder / "locale").is_dir():
            return package / folder / own
    parts = file.relative_to(package).parts
    depth = 2 if parts[0] == "rooms" else 1
    return package.joinpath(*parts[:depth]) / own if len(parts) > depth else package / parts[0] / own


def wanted(root: Path) -> dict[Path, dict[str, Sentence]]:
    """Return, for each catalogue, the sentences it must have; a language's own name needs no translation."""
    found: dict[Path, dict[str, Sentence]] = {}
    for sentence in sentences(root):
        if sentence.text and not _CHINESE.search(sentence.text):
            found.setdefault(catalogue_of(sentence.file, root), {}).setdefault(sentence.text, sentence)
    return found


def read(path: Path) -> Catalog:
    """Return the catalogue in `path`, or an empty one."""
    if not path.exists():
        return Catalog(locale=LANGUAGE)
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE)


def check(root: Path, only: Path | None = None) -> list[Problem]:
    """Return everything that is missing, stale, half done or does not fit its sentence, below `only`."""
    problems = []
    by_catalogue = wanted(root)
    known = set((root / "src/hefu").rglob(f"locale/{LANGUAGE}/LC_MESSAGES/django.po"))
    for path in sorted(known | set(by_catalogue)):
        if only is not None and not path.is_relative_to(only):
            continue
        where = str(path.relative_to(root))
        here = by_catalogue.get(path, {})
        entries = {key: message for message in read(path) if message.id for key in _keys(message)}
        for text, sentence in here.items():
            if text not in entries:
                place = f"{sentence.file.relative_to(root)}:{sentence.line}"
                problems.append(Problem(where, f"no entry for {text!r} ({place})"))
        for text, message in entries.items():
            problems.extend(Problem(where, fault) for fault in _faults(text, message, used=text in here))
    problems.extend(said_twice(root, only))
    return problems


def said_twice(root: Path, only: Path | None = None) -> Iterator[Problem]:
    """Yield a problem for every sentence that two catalogues put into different words.

    When it runs, all catalogues are one, and the order of the rooms says which words win. Where both
    are right because the meaning differs, the English has to differ as well.
    """
    first: dict[str | tuple[str, ...], tuple[Path, object]] = {}
    for path in sorted((root / "src/hefu").rglob(f"locale/{LANGUAGE}/LC_MESSAGES/django.po")):
        for message in read(path):
            text = message.id if isinstance(message.id, str) else tuple(message.id)
            if not text or not message.string:
                continue
            other, words = first.setdefault(text, (path, message.string))
            if words != message.string and (only is None or path.is_relative_to(only) or other.is_relative_to(only)):
                elsewhere = other.relative_to(root)
                yield Problem(
                    str(path.relative_to(root)), f"{text!r} is {message.string!r} here and {words!r} in {elsewhere}"
                )


def _keys(message: Message) -> tuple[str, ...]:
    return message.id if isinstance(message.id, tuple | list) else (message.id,)


def _faults(text: str, message: Message, *, used: bool) -> Iterator[str]:
    if not used:
        yield f"stale: nothing says {text!r} any more"
        return
    if message.fuzzy:
        yield f"fuzzy: somebody has to look at {text!r}"
    strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
    for string in strings:
        if not string:
            yield f"not translated: {text!r}"
        elif fields(string) - fields(text):
            yield f"{text!r}: the translation names {sorted(fields(string) - fields(text))}, which it is not given"


def fields(text: str) -> set[str]:
    """Return the names of the values that a sentence takes, in either way of writing them."""
    named = set(re.findall(r"%\((\w+)\)", text))
    with contextlib.suppress(ValueError):  # a lone brace: not a sentence with such fields
        named |= {re.split(r"[.\[]", name)[0] for _, name, _, _ in Formatter().parse(text) if name}
    return named


def add_missing(root: Path, only: Path | None = None) -> int:
    """Append what is missing to each catalogue below `only`, untranslated, and return how many there were."""
    count = 0
    for path, here in sorted(wanted(root).items()):
        known = {key for message in read(path) if message.id for key in _keys(message)}
        missing = [text for text in here if text not in known]
        if not missing or (only is not None and not path.is_relative_to(only)):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8") if path.exists() else _HEADER
        entries = "".join(f'\nmsgid {_quoted(text)}\nmsgstr ""\n' for text in missing)
        path.write_text(before.rstrip("\n") + "\n" + entries, encoding="utf-8")
        count += len(missing)
    return count


_HEADER = f"""msgid ""
msgstr ""
"Language: {LANGUAGE}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"""


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    lines = escaped.split("\n")
    if len(lines) == 1:
        return f'"{escaped}"'
    return "\n".join(['""', *(f'"{line}\\n"' for line in lines[:-1]), *([f'"{lines[-1]}"'] if lines[-1] else [])])


def compile_all(root: Path = ROOT) -> int:
    """Write django.mo beside every django.po that is newer, and return how many were written."""
    count = 0
    for source in sorted((root / "src/hefu").rglob("locale/*/LC_MESSAGES/django.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns > source.stat().st_mtime_ns:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parent.parent.name)
        half = target.with_suffix(".mo.new")
        with half.open("wb") as out:
            write_mo(out, catalogue)
        half.replace(target)
        count += 1
    return count


def main() -> int:
    """Do what the command line asks for; 1 when something is left to do."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--add", action="store_true", help="append what is missing")
    parser.add_argument("--compile", action="store_true", help="write the compiled catalogues")
    parser.add_argument("--only", type=Path, help="folder of the catalogues to look at")
    asked = parser.parse_args()
    only = asked.only and asked.only.resolve()
    if asked.add:
        print(f"{add_missing(ROOT, only)} sentences added")
    if asked.compile:
        print(f"{compile_all(ROOT)} catalogues compiled")
        return 0
    problems = check(ROOT, only)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
