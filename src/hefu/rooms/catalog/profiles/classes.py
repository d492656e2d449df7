"""The classes under which a profile's guide files entries: the names of their codes, and codes of their names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from hefu.law.terms import Words

#: 类 1 digit, 项 2, 目 3, 细目 up to 12: how long a code is at the end of each level.
LEVELS = (1, 3, 6)
#: Digits of a code so far → digits of its next part.
_WIDTHS = {0: 1, 1: 2, 3: 3}
_CODE = re.compile(r"[123](?:\d{2}(?:\d{3}(?:\d{1,12})?)?)?")
_BETWEEN = re.compile(r"\s*[/／\\>＞›»|→\n;；-]+\s*")
#: What people add to a class's own name.
_ADDED = re.compile(r"(?<=.)(?:目录|信息资源|数据资源|资源|信息|数据|基础|主题|库|类)\Z")


@dataclass(frozen=True)
class ClassName:
    """One class."""

    code: str
    words: Words
    #: Further names by which offices call it.
    also: tuple[str, ...] = ()

    @cached_property
    def bare(self) -> frozenset[str]:
        """Return its names without what people add to them."""
        return frozenset(_bare(name) for name in (self.words.zh, self.words.en, *self.also))


@dataclass(frozen=True)
class Classes:
    """The classes that a profile names; codes below them have none."""

    source: str = ""
    named: tuple[ClassName, ...] = ()

    @cached_property
    def by_code(self) -> Mapping[str, ClassName]:
        """Return code → class."""
        return {one.code: one for one in self.named}

    def name(self, code: str) -> Words | None:
        """Return the name of a class; None when the profile has none for that very code."""
        found = self.by_code.get(code)
        return found.words if found else None

    def path(self, code: str) -> tuple[Words, ...]:
        """Return the names of the classes that a code stands in, the widest first."""
        above = (code[:length] for length in (*LEVELS, len(code)) if length <= len(code))
        return tuple(found.words for one in dict.fromkeys(above) if (found := self.by_code.get(one)))

    def read(self, text: str) -> str | None:
        """Return the code that a text says: digits, a name, or a path of either; None when it says no class.

        >>> known = Classes("", (ClassName("1", Words("基础", "base")), ClassName("101", Words("人口", "people"))))
        >>> [known.read(text) for text in ("101002", "1-01", "人口基础信息资源", "基础类/人口", "101 人口", "天气")]
        ['101002', '101', '101', '101', '101', None]
        """
        bare = re.sub(r"[\s.．·-]+", "", text)
        if _CODE.fullmatch(bare):
            return bare
        code = ""
        for part in _BETWEEN.split(text.strip()):
            found = self._one(part, code)
            if found is None:
                return None
            code = found
        return code or None

    def _one(self, part: str, above: str) -> str | None:
        digits = re.match(r"\d+", part)
        if digits:
            told = digits.group()
            if _CODE.fullmatch(told) and told.startswith(above):
                return told
            # One part of a code: as many digits as its level has.
            fits = len(told) == _WIDTHS[len(above)] if len(above) in _WIDTHS else len(above) == 6
            return above + told if fits and _CODE.fullmatch(above + told) else None
        wanted = _bare(part)
        found = [
            one.code
            for one in self.named
            if one.code.startswith(above)
            and wanted in {_bare(name) for name in (one.words.zh, one.words.en, *one.also)}
        ]
        return min(found, key=len) if found else None


def faults(classes: Classes) -> list[str]:
    """Return what is wrong with a profile's classes."""
    codes = [one.code for one in classes.named]
    found = [f"class {code}: no code of a class" for code in codes if not _CODE.fullmatch(code)]
    found += [f"class {code} twice" for code in sorted(set(codes)) if codes.count(code) > 1]
    for one in classes.named:
        above = max((length for length in LEVELS if length < len(one.code)), default=0)
        if above and one.code[:above] not in codes:
            found.append(f"class {one.code}: the class {one.code[:above]} above it has no name")
        if not one.words.zh or not one.words.en:
            found.append(f"class {one.code}: named in one language only")
        if classes.read(one.words.zh) != one.code and not above:
            found.append(f"class {one.code}: its name is not read back")
    if classes.named and not classes.source:
        found.append("classes: no source")
    return found


def _bare(name: str) -> str:
    text = re.sub(r"[\s()（）、,，·]+", "", name).casefold().removeprefix("国家").removeprefix("全国")
    while (shorter := _ADDED.sub("", text)) != text:
        text = shorter
    return text
