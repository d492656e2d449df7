"""What a statement in a log does to one table: only what changes rows without telling them row by row."""

import re
from enum import Enum
from itertools import pairwise

from hefu.dataplane.capture.binlog.events import Statement


class Does(Enum):
    """What a statement does to the table that is followed."""

    NOTHING = "nothing"
    BEGINS = "begins"
    COMMITS = "commits"
    #: Takes back what the transaction did, wholly or to a point.
    TAKES_BACK = "takes back"
    EMPTIES = "empties"
    #: Alters the table's columns; rows that are there may have got other values.
    ALTERS = "alters"
    #: Puts other rows in the table's place, by files and names.
    REPLACES = "replaces"
    #: Changes rows, told as a statement and not row by row.
    UNTOLD = "untold"


#: Comments; those that a server reads as statements lose their frame alone.
_COMMENT = re.compile(r"/\*M?!\d*|/\*.*?\*/|\*/|(?:^|(?<=\s))--\s[^\n]*|#[^\n]*", re.DOTALL)
#: Words, names between backticks or quotes, and signs. What stands in apostrophes is no name.
_TOKEN = re.compile(r"`(?:[^`]|``)*`|\"(?:[^\"\\]|\\.|\"\")*\"|'(?:[^'\\]|\\.|'')*'|[\w$\u0080-\uffff]+|[^\s\w]")
_WRITES = frozenset({"insert", "update", "delete", "replace", "load", "call", "merge", "with", "execute", "do"})


def does(statement: Statement, schema: str, table: str, *, fold: bool = False) -> Does:
    """Return what a statement does to a table.

    Args:
        statement: As logged.
        schema: The table's database.
        table: Its name.
        fold: Whether the server does not tell capital names from small ones.
    """
    words = _TOKEN.findall(_COMMENT.sub(" ", statement.text[:100_000]))
    if [word.lower() for word in words[:2]] == ["set", "statement"]:  # settings for one statement of MariaDB
        words = words[1 + next((place for place, word in enumerate(words) if word.lower() == "for"), len(words)) :]
    first = words[0].lower() if words else ""
    match first:
        case "begin":
            return Does.BEGINS
        case "start" | "xa":
            return _xa(words) if first == "xa" else Does.BEGINS
        case "commit":
            return Does.COMMITS
        case "rollback":
            return Does.TAKES_BACK
    names = _Names(words, statement.schema, schema, table, fold=fold)
    second = words[1].lower() if len(words) > 1 else ""
    if first == "truncate":
        return Does.EMPTIES if names.at(2 if second == "table" else 1) else Does.NOTHING
    if first in ("alter", "create", "drop", "rename"):
        return _defines(first, [word.lower() for word in words], names)
    if first in _WRITES and (names.mentioned() or names.inside()):
        return Does.UNTOLD
    return Does.NOTHING


def _xa(words: list[str]) -> Does:
    """Return what a word of a distributed transaction does; that it is prepared has an event of its own."""
    return Does.BEGINS if len(words) > 1 and words[1].lower() in ("start", "begin") else Does.NOTHING


def _defines(first: str, words: list[str], names: "_Names") -> Does:
    if words[1:2] in (["database"], ["schema"]):
        return Does.REPLACES if first == "drop" and names.is_schema(words) else Does.NOTHING
    try:
        about = words.index("table", 0, 6)
    except ValueError:
        return Does.NOTHING  # an index, a view, a routine, an account
    if "temporary" in words[:about]:
        return Does.NOTHING
    place = about + 1
    while place < len(words) and words[place] in ("if", "not", "exists"):
        place += 1
    here = names.at(place)
    if first == "alter":
        moved = any(pair in _MOVES for pair in pairwise(words)) or _renames_table(words)
        if here:
            return Does.REPLACES if moved else Does.ALTERS
        return Does.REPLACES if moved and names.mentioned() else Does.NOTHING
    if first == "create":  # where the table is there, only this one makes another of it
        return Does.REPLACES if here and "replace" in words[:about] else Does.NOTHING
    return Does.REPLACES if names.mentioned() else Does.NOTHING


#: Words of an alteration that put rows in or take them out with their files.
_MOVES = frozenset(
    (does, what)
    for does in ("drop", "truncate", "exchange", "convert", "discard", "import")
    for what in ("partition", "subpartition", "tablespace")
)


def _renames_table(words: list[str]) -> bool:
    """Return whether the table itself gets another name, and not a column or an index of it."""
    return any(
        word == "rename" and words[place + 1 : place + 2] not in (["column"], ["index"], ["key"])
        for place, word in enumerate(words)
    )


class _Names:
    """Finds a table's name among the words of a statement."""

    def __init__(self, words: list[str], default: str, schema: str, table: str, *, fold: bool) -> None:
        self._fold = fold
        self._words = [self._plain(word) for word in words]
        self._default, self._schema, self._table = self._same(default), self._same(schema), self._same(table)

    def _plain(self, word: str) -> str | None:
        if word[0] == "'":
            return None
        if word[0] in '`"' and len(word) > 1:
            return self._same(word[1:-1].replace(word[0] * 2, word[0]))
        return self._same(word)

    def _same(self, name: str) -> str:
        return name.casefold() if self._fold else name

    def at(self, place: int) -> bool:
        """Return whether the name at a place is the table's."""
        words = self._words[place : place + 3]
        if len(words) == 3 and words[1] == ".":
            return words[0] == self._schema and words[2] == self._table
        return words[:1] == [self._table] and self.inside()

    def mentioned(self) -> bool:
        """Return whether the table is named anywhere."""
        for place, word in enumerate(self._words):
            if word == self._table:
                of_a_schema = place > 1 and self._words[place - 1] == "."
                if self._words[place - 2] == self._schema if of_a_schema else self.inside():
                    return True
        return False

    def inside(self) -> bool:
        """Return whether names without a database mean the table's."""
        return self._default == self._schema

    def is_schema(self, words: list[str]) -> bool:
        """Return whether a database that is dropped is the table's."""
        place = 4 if words[2:4] == ["if", "exists"] else 2
        return self._words[place : place + 1] == [self._schema]
