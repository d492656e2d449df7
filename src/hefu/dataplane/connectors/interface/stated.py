"""How an interface is to be asked, as a person states it: a JSON document, read strictly and told back in words."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from hefu.dataplane.types import Kind, SqlType, duckdb_type, parse
from hefu.kernel.words import Sentence, _

T = TypeVar("T")

#: Characters of the whole document, interfaces in it, and columns of one.
LONGEST, MOST_INTERFACES, MOST_COLUMNS = 100_000, 50, 500
#: Rows that are asked for in a page when nobody says otherwise, and at most.
_ROWS, _MOST_ROWS = 500, 100_000
#: Names that HTTP takes, and texts that go into a header or the query.
_HEADER, _PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}"), re.compile(r"[ -~]{0,500}")
#: Headers that the connection sets by itself.
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "expect", "te"})


class Misstated(Exception):
    """What is stated is not what can be asked."""

    def __init__(self, why: Sentence) -> None:
        """Keep `why`."""
        self.why = why
        super().__init__(why)


class How(StrEnum):
    """How the key is shown."""

    NONE = "none"
    #: In a header of its own.
    HEADER = "header"
    #: In the query.
    QUERY = "query"
    #: Account and password (RFC 7617).
    BASIC = "basic"
    #: Four headers of the national sharing platform: rid, sid, rtime and sign.
    NATIONAL = "national"


class Paging(StrEnum):
    """How the next page is asked for."""

    NONE = "none"
    #: By its number.
    PAGE = "page"
    #: By how many rows came before.
    OFFSET = "offset"
    #: By what the last answer says.
    CURSOR = "cursor"
    #: At the address that the last answer says.
    LINK = "link"


@dataclass(frozen=True)
class Signs:
    """How every interface of a source wants its key."""

    how: How = How.NONE
    #: Of the header or of the member of the query.
    name: str = ""
    #: Before the key in the header, such as `Bearer `; before the names of the national headers.
    prefix: str = ""


@dataclass(frozen=True)
class Stated:
    """A column: its type is what is stated, and a value that is none keeps its row back."""

    name: str
    type: SqlType
    #: Where it stands in a row: names with dots between; empty for its own name.
    at: str = ""
    comment: str = ""


@dataclass(frozen=True)
class Pages:
    """How the pages follow each other."""

    by: Paging = Paging.NONE
    #: Name that tells the page, the offset or the cursor, and name that tells how many rows are wanted.
    name: str = ""
    size: str = ""
    rows: int = _ROWS
    #: Number of the first page.
    first: int = 1
    #: Where the answer tells the cursor or the address; empty for the header Link (RFC 8288).
    at: str = ""


@dataclass(frozen=True)
class Interface:
    """One interface: what one table is for other sources."""

    name: str
    path: str
    columns: tuple[Stated, ...]
    method: str = "GET"
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Sent with POST as JSON; paging writes into it.
    body: Mapping[str, Any] = field(default_factory=dict)
    answer: str = "json"
    #: Where the rows stand in an answer; empty when the answer is the rows.
    rows: str = ""
    pages: Pages = Pages()
    #: Where the answer says how many rows there are, and where and how it says that all is well.
    total: str = ""
    well_at: str = ""
    well: str = ""
    key: tuple[str, ...] = ()
    #: Number that the national platform gave the interface.
    sid: str = ""
    comment: str = ""


@dataclass(frozen=True)
class Statement:
    """All that is stated of a source."""

    signs: Signs
    interfaces: tuple[Interface, ...]


def read(text: str) -> Statement:
    """Return what a document states.

    Raises:
        Misstated: It is no such document, and where.
    """
    if len(text) > LONGEST:
        raise _wrong("", _("it is too long"))
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise _wrong("", _("it is no JSON")) from None
    whole = _Part(found, "")
    signs = whole.within("key", _signs, Signs())
    interfaces = whole.each("interfaces", _interface, MOST_INTERFACES)
    whole.done()
    names = [one.name for one in interfaces]
    if not interfaces or len(set(names)) < len(names):
        raise _wrong("interfaces", _("one interface at least, each with a name of its own"))
    if signs.how is How.NATIONAL and not all(one.sid for one in interfaces):
        raise _wrong("interfaces", _("the national platform's headers need the sid of every interface"))
    return Statement(signs, interfaces)


def _signs(part: "_Part") -> Signs:
    how = part.choice("how", How, How.NONE)
    header = how in (How.HEADER, How.NATIONAL)
    name, prefix = part.text("name", pattern=_HEADER if header else _PLAIN), part.text("prefix", pattern=_PLAIN)
    if how in (How.HEADER, How.QUERY) and not name:
        raise part.wrong("name", _("this is needed"))
    if name.lower() in _OURS or (how is How.NATIONAL and prefix and not _HEADER.fullmatch(prefix)):
        raise part.wrong("name", _("this is no name that can be taken"))
    return Signs(how, name, prefix)


def _interface(part: "_Part") -> Interface:
    columns = part.each("columns", _column, MOST_COLUMNS)
    names = [one.name for one in columns]
    made = Interface(
        name=part.text("name", needed=True),
        path=part.text("path", needed=True, pattern=re.compile(r"/[!-~]*")),
        columns=columns,
        method=part.one_of("method", ("GET", "POST"), "GET"),
        query=part.texts("query"),
        headers=part.texts("headers"),
        body=part.plain("body"),
        answer=part.one_of("answer", ("json", "csv"), "json"),
        rows=part.text("rows"),
        pages=part.within("paging", _pages, Pages()),
        total=part.text("total"),
        well_at=part.text("well_at"),
        well=part.text("well"),
        key=tuple(part.list_of("key")),
        sid=part.text("sid", pattern=_PLAIN),
        comment=part.text("comment"),
    )
    if not columns or len(set(names)) < len(names):
        raise part.wrong("columns", _("one column at least, each with a name of its own"))
    if set(made.key) - set(names):
        raise part.wrong("key", _("it names a column that is not stated"))
    if "?" in made.path or "#" in made.path or made.path.startswith("//"):
        raise part.wrong("path", _("the path alone; what follows a question mark belongs into query"))
    if any(not _HEADER.fullmatch(name) or name.lower() in _OURS for name in made.headers):
        raise part.wrong("headers", _("this is no name that can be taken"))
    if made.answer == "csv" and made.pages.at:
        raise part.wrong("paging", _("an answer in CSV tells no place; page by number, offset or the header Link"))
    return made


def _column(part: "_Part") -> Stated:
    written = part.text("type", needed=True)
    try:
        of = parse(written)
    except ValueError:
        of = SqlType("")
    # The same table as for MySQL: what DuckDB cannot hold is not guessed at.
    if duckdb_type(of) is None and (of.kind is not Kind.INSTANT or of.array):
        told = _("{type} is no type that text can become: text, integer, bigint, numeric(p,s), date, timestamp …")
        raise Misstated(Sentence(told, code="interface.type", type=written[:60]))
    return Stated(part.text("name", needed=True), of, part.text("at"), part.text("comment"))


def _pages(part: "_Part") -> Pages:
    by = part.choice("by", Paging, Paging.NONE)
    made = Pages(
        by=by,
        name=part.text("name", pattern=_PLAIN),
        size=part.text("size", pattern=_PLAIN),
        rows=part.number("rows", _ROWS, 1, _MOST_ROWS),
        first=part.number("first", 0 if by is Paging.OFFSET else 1, 0, 1),
        at=part.text("at"),
    )
    if by in (Paging.PAGE, Paging.OFFSET, Paging.CURSOR) and not made.name:
        raise part.wrong("name", _("this is needed"))
    if by is Paging.CURSOR and not made.at:
        raise part.wrong("at", _("this is needed"))
    return made


class _Part:
    """An object of the document, of which each member is read once and none is left over."""

    def __init__(self, found: object, where: str) -> None:
        if not isinstance(found, dict):
            raise _wrong(where, _("an object is needed"))
        self._left, self._where = dict(found), where

    def wrong(self, name: str, what: str) -> Misstated:
        return _wrong(f"{self._where}.{name}".lstrip("."), what)

    def text(self, name: str, *, needed: bool = False, pattern: re.Pattern[str] | None = None) -> str:
        found = self._left.pop(name, "")
        if not isinstance(found, str) or len(found) > 500 or "\0" in found:
            raise self.wrong(name, _("a text is needed, of 500 characters at most"))
        if needed and not found.strip():
            raise self.wrong(name, _("this is needed"))
        if pattern is not None and found and not pattern.fullmatch(found):
            raise self.wrong(name, _("this has signs that cannot be sent"))
        return found

    def one_of(self, name: str, words: tuple[str, ...], otherwise: str) -> str:
        found = self.text(name) or otherwise
        if found not in words:
            raise self.wrong(name, _("this is none of the words that may stand here"))
        return found

    def choice(self, name: str, words: type[T], otherwise: T) -> T:
        found = self.one_of(name, tuple(str(word) for word in words), str(otherwise))  # type: ignore[attr-defined]
        return words(found)  # type: ignore[call-arg]

    def number(self, name: str, otherwise: int, least: int, most: int) -> int:
        found = self._left.pop(name, otherwise)
        if not isinstance(found, int) or isinstance(found, bool) or not least <= found <= most:
            raise self.wrong(name, _("this number is out of bounds"))
        return found

    def texts(self, name: str) -> dict[str, str]:
        found = self._left.pop(name, {})
        if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
            raise self.wrong(name, _("an object of texts is needed"))
        if not all(_PLAIN.fullmatch(value) for value in found.values()) and name == "headers":
            raise self.wrong(name, _("this has signs that cannot be sent"))
        return found

    def list_of(self, name: str) -> list[str]:
        found = self._left.pop(name, [])
        if not isinstance(found, list) or not all(isinstance(value, str) for value in found):
            raise self.wrong(name, _("a list of texts is needed"))
        return found

    def plain(self, name: str) -> dict[str, Any]:
        found = self._left.pop(name, {})
        if not isinstance(found, dict):
            raise self.wrong(name, _("an object is needed"))
        return found

    def within(self, name: str, read: Callable[["_Part"], T], otherwise: T) -> T:
        if name not in self._left:
            return otherwise
        part = _Part(self._left.pop(name), f"{self._where}.{name}".lstrip("."))
        made = read(part)
        part.done()
        return made

    def each(self, name: str, read: Callable[["_Part"], T], most: int) -> tuple[T, ...]:
        found = self._left.pop(name, [])
        if not isinstance(found, list) or len(found) > most:
            raise self.wrong(name, _("a list is needed, not too long"))
        made = []
        for number, one in enumerate(found):
            part = _Part(one, f"{self._where}.{name}[{number}]".lstrip("."))
            made.append(read(part))
            part.done()
        return tuple(made)

    def done(self) -> None:
        for name in self._left:
            raise self.wrong(name[:60], _("nothing of this name is known"))


def _wrong(where: str, what: str) -> Misstated:
    return Misstated(Sentence(_("{where}: {what}"), code="interface.stated", where=where or "–", what=Sentence(what)))
