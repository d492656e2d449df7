"""Reads YAML and TOML strictly: what is missing, of another form or unknown is named with its place."""

import difflib
import re
import tomllib
from collections.abc import Hashable, Iterator
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

import yaml

from hefu.kernel.citation import Citation
from hefu.law.errors import PackError
from hefu.law.terms import Words

E = TypeVar("E", bound=StrEnum)

_SOURCE = re.compile(
    r"(?P<document>[a-z0-9-]+)(?: art\. (?P<article>\S+))?"
    r"(?: as amended by (?P<by>[a-z0-9-]+)(?: art\. (?P<by_article>\S+))?)?"
)


class _Loader(yaml.CSafeLoader):
    """Safe YAML in which a key may stand only once, and `on`, `off`, `yes` and `no` are words like any other."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    seen: set[Hashable] = set()
    for key_node, _value in node.value:
        key = loader.construct_object(key_node)
        if key in seen:
            raise yaml.MarkedYAMLError(problem=f"key {key!r} stands twice", problem_mark=key_node.start_mark)
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_BOOL = "tag:yaml.org,2002:bool"
_Loader.yaml_implicit_resolvers = {
    sign: [(tag, pattern) for tag, pattern in resolvers if tag != _BOOL]
    for sign, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOL, re.compile("true|false"), ["t", "f"])
_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_yaml(text: str, file: str) -> "Reader":
    """Return the mapping in `text`.

    Raises:
        PackError: Not YAML, a key stands twice, or the top is not a mapping.
    """
    try:
        data = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, stricter than SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}" if mark else ""
        raise PackError(file=file, key=where, found=error.problem, expected="well-formed YAML") from None
    return Reader.of(data, file)


def read_toml(text: str, file: str) -> "Reader":
    """Return the mapping in `text`.

    Raises:
        PackError: Not TOML.
    """
    try:
        return Reader.of(tomllib.loads(text), file)
    except tomllib.TOMLDecodeError as error:
        raise PackError(file=file, key="", found=str(error), expected="well-formed TOML") from None


class Reader:
    """One mapping of a file, read key by key; `done` refuses keys that nobody asked for."""

    def __init__(self, data: dict[str, Any], file: str, at: str = "") -> None:
        """Take the mapping, the file's name and the path of keys that leads to it."""
        self._data = data
        self._asked: set[str] = set()
        self.file = file
        self.at = at

    @classmethod
    def of(cls, data: Any, file: str, at: str = "") -> "Reader":
        """Return a reader of `data`.

        Raises:
            PackError: `data` is not a mapping with text keys.
        """
        if not isinstance(data, dict):
            raise PackError(file=file, key=at, found=data, expected="a mapping of keys to values")
        for key in data:
            if not isinstance(key, str | int):
                raise PackError(file=file, key=at, found=key, expected="a key that is text")
        return cls({str(key): value for key, value in data.items()}, file, at)

    def key(self, name: str) -> str:
        """Return the full path of `name`, as messages show it."""
        return f"{self.at}.{name}" if self.at else name

    def fault(self, name: str, expected: str) -> PackError:
        """Return the error for the value at `name`."""
        return PackError(file=self.file, key=self.key(name), found=self._data.get(name), expected=expected)

    def has(self, name: str) -> bool:
        """Return whether a value other than null stands at `name`."""
        self._asked.add(name)
        return self._data.get(name) is not None

    def raw(self, name: str, expected: str) -> Any:
        """Return what stands at `name`; null counts as missing.

        Raises:
            PackError: Missing.
        """
        if not self.has(name):
            raise PackError(file=self.file, key=self.key(name), found=None, expected=expected)
        return self._data[name]

    def text(self, name: str, expected: str = "text") -> str:
        """Return non-empty text.

        Raises:
            PackError: Missing, empty or of another type.
        """
        value = self.raw(name, expected)
        if not isinstance(value, str) or not value.strip():
            raise self.fault(name, expected)
        return value.strip()

    def text_or(self, name: str, default: str = "") -> str:
        """Return text, or `default` where the key is absent.

        Raises:
            PackError: Of another type.
        """
        return self.text(name) if self.has(name) else default

    def day(self, name: str) -> date:
        """Return a day.

        Raises:
            PackError: Missing or not a day.
        """
        value = self.raw(name, "a day such as 2025-08-01")
        if type(value) is not date:
            raise self.fault(name, "a day such as 2025-08-01")
        return value

    def day_or(self, name: str, default: date | None = None) -> date | None:
        """Return a day, or `default` where the key is absent.

        Raises:
            PackError: Not a day.
        """
        return self.day(name) if self.has(name) else default

    def whole(self, name: str, *, least: int = 1) -> int:
        """Return a whole number of at least `least`.

        Raises:
            PackError: Missing, not whole or too small.
        """
        expected = f"a whole number of at least {least}"
        value = self.raw(name, expected)
        if type(value) is not int or value < least:
            raise self.fault(name, expected)
        return value

    def flag(self, name: str) -> bool:
        """Return true or false; absent means false.

        Raises:
            PackError: Of another type.
        """
        if not self.has(name):
            return False
        value = self._data[name]
        if not isinstance(value, bool):
            raise self.fault(name, "true or false")
        return value

    def member(self, name: str, enum: type[E], default: E | None = None) -> E:
        """Return a member of `enum`.

        Raises:
            PackError: Missing without a default, or not a member.
        """
        expected = "one of " + ", ".join(member.value for member in enum)
        if default is not None and not self.has(name):
            return default
        value = self.raw(name, expected)
        try:
            return enum(value)
        except ValueError:
            raise self.fault(name, expected) from None

    def words(self, name: str) -> Words:
        """Return the English at `name` and the Chinese at `name` + `_zh`.

        Raises:
            PackError: One of the two is missing.
        """
        return Words(
            zh=self.text(f"{name}_zh", "the Chinese beside the English"),
            en=self.text(name, "text in English"),
        )

    def words_or_none(self, name: str) -> Words | None:
        """Return the pair, or None where both are absent.

        Raises:
            PackError: Only one of the two is there.
        """
        return self.words(name) if self.has(name) or self.has(f"{name}_zh") else None

    def name(self) -> Words:
        """Return the name given by the keys `zh` and `en`.

        Raises:
            PackError: One of the two is missing.
        """
        return Words(zh=self.text("zh", "the name in Chinese"), en=self.text("en", "the name in English"))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; absent means none.

        Raises:
            PackError: Not a list of texts.
        """
        if not self.has(name):
            return ()
        value = self._data[name]
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise self.fault(name, "a list of texts")
        return tuple(value)

    def inner(self, name: str, expected: str = "a mapping of keys to values") -> "Reader":
        """Return a reader of the mapping at `name`.

        Raises:
            PackError: Missing or not a mapping.
        """
        return Reader.of(self.raw(name, expected), self.file, self.key(name))

    def each(self, name: str, *, least: int = 0) -> list["Reader"]:
        """Return a reader for each mapping of the list at `name`.

        Raises:
            PackError: Not a list of mappings, or fewer than `least`.
        """
        expected = f"a list of at least {least} mappings" if least else "a list of mappings"
        if not self.has(name) and not least:
            return []
        value = self.raw(name, expected)
        if not isinstance(value, list) or len(value) < least:
            raise self.fault(name, expected)
        return [Reader.of(item, self.file, f"{self.key(name)}[{place}]") for place, item in enumerate(value)]

    def entries(self) -> Iterator[tuple[str, "Reader"]]:
        """Yield every key with a reader of its mapping.

        Raises:
            PackError: A value is not a mapping.
        """
        for name in self._data:
            yield name, self.inner(name)

    def names(self) -> tuple[str, ...]:
        """Return the keys in the file's order."""
        return tuple(self._data)

    def source(self, name: str = "source") -> tuple[Citation, Citation | None]:
        """Return the citation at `name`, and the amending one behind `as amended by`.

        Raises:
            PackError: Missing or of another form.
        """
        expected = "a citation such as decree-809 art. 21, perhaps followed by: as amended by act-2 art. 3"
        value = self.text(name, expected)
        found = _SOURCE.fullmatch(value)
        if not found:
            raise self.fault(name, expected)
        by = Citation(found["by"], found["by_article"] or "") if found["by"] else None
        return Citation(found["document"], found["article"] or ""), by

    def done(self) -> None:
        """Refuse keys that nobody asked for.

        Raises:
            PackError: The first such key, with the nearest known one.
        """
        for name in self._data:
            if name not in self._asked:
                close = difflib.get_close_matches(name, sorted(self._asked), n=1)
                expected = (
                    f"a known key, perhaps {close[0]}"
                    if close
                    else ("one of the known keys " + ", ".join(sorted(self._asked)))
                )
                raise PackError(file=self.file, key=self.key(name), found=self._data[name], expected=expected)
