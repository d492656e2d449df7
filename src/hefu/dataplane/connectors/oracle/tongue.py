"""What differs between databases that keep Oracle's catalogue views: types, literals, sessions, drivers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hefu.dataplane.errors import SideRefused
from hefu.dataplane.types import SqlType
from hefu.kernel.words import Sentence, _


@dataclass(frozen=True)
class Native:
    """A column as ALL_TAB_COLUMNS describes it."""

    #: Such as `NUMBER` or `TIMESTAMP(6)`, in capitals.
    data_type: str
    #: Characters of a text, or None.
    length: int | None = None
    precision: int | None = None
    scale: int | None = None


@dataclass(frozen=True)
class Line:
    """One line of a type table."""

    #: None when a column of the type, with these sizes, is not carried.
    becomes: Callable[[Native], SqlType | None]
    #: Select expression over `{}`, the quoted column.
    read: str = "{}"
    #: What becomes of it, in words, where the type alone does not say it.
    note: str = ""


@dataclass(frozen=True)
class Connection:
    """One database; its repr never shows the password."""

    host: str
    port: int
    #: Oracle's service name; a schema of Dameng.
    dbname: str
    user: str
    password: str
    sslmode: str
    product: str

    def __repr__(self) -> str:
        """Return all but the password."""
        return f"{self.product} {self.user}@{self.host}:{self.port}/{self.dbname}"

    @property
    def key(self) -> str:
        """What is the same for two connections to one database: for locks and messages."""
        return f"{self.product} {self.host}:{self.port}/{self.dbname}"


@dataclass(frozen=True)
class Tongue:
    """One database's ways."""

    #: As people call it.
    product: str
    lines: Mapping[str, Line]
    #: Whether a name may hold a double quote, written twice.
    quotes_in_names: bool
    #: Whether an empty text is NULL there.
    empty_is_null: bool
    #: Statements that every session begins with.
    session: tuple[str, ...]
    #: Query of one text that says which version it is.
    version: str
    #: Schemas of the server itself, whose tables nobody mounts.
    systems: tuple[str, ...]
    #: Loads the driver; refuses plainly where it is missing.
    driver: Callable[[], Any]
    #: Opens a connection with the driver to an address that was allowed.
    connect: Callable[[Any, Connection, str], Any]
    #: Whether an error, told as text, may pass by itself.
    passes: Callable[[str], bool]

    def name_of(self, *parts: str) -> str:
        """Return a quoted identifier; the catalogue's own spelling is kept, for `ID` and `id` are two names.

        Raises:
            SideRefused: It can be no name there.
        """
        for part in parts:
            if not part or "\0" in part or ('"' in part and not self.quotes_in_names):
                text = _("{name!r} can be no name in {product}")
                raise SideRefused("source", Sentence(text, code="side.no_name", name=part, product=self.product))
        return ".".join('"' + part.replace('"', '""') + '"' for part in parts)

    def line(self, native: Native) -> Line | None:
        """Return the line of a column's type; sizes inside the name are left out: TIMESTAMP(6) is TIMESTAMP."""
        return self.lines.get(base(native.data_type))

    def house_type(self, native: Native) -> SqlType | None:
        """Return what the column's type becomes here, None when it is not carried."""
        line = self.line(native)
        return line.becomes(native) if line else None

    def read(self, native: Native, name: str) -> str:
        """Return what to select of the quoted column `name`."""
        return self.lines[base(native.data_type)].read.format(name)


def base(data_type: str) -> str:
    """Return the type's name without its sizes."""
    out, depth = [], 0
    for sign in data_type:
        depth += sign == "("
        if not depth:
            out.append(sign)
        depth -= sign == ")"
    return " ".join("".join(out).upper().split())


def text(value: str) -> str:
    """Return a text literal: quotes doubled, a backslash is itself."""
    if "\0" in value:
        raise ValueError("a text with a NUL character has no SQL form")
    return "'" + value.replace("'", "''") + "'"


def always(name: str) -> Callable[[Native], SqlType | None]:
    """Return what gives the same type whatever the sizes."""
    return lambda _native: SqlType(name)


def varying(native: Native) -> SqlType | None:
    """Return a text of at most so many characters."""
    return SqlType("character varying", (native.length,)) if native.length else SqlType("text")


def number(native: Native) -> SqlType | None:
    """Return the decimal of that precision and scale; without them, or beyond 38 digits, one of no stated size."""
    precision, scale = native.precision, native.scale
    if not precision:
        return SqlType("numeric", (38, 0)) if scale == 0 else SqlType("numeric")
    scale = scale or 0
    if scale < 0:  # NUMBER(5,-2) rounds to hundreds: seven digits
        precision, scale = precision - scale, 0
    precision = max(precision, scale)  # NUMBER(2,5): 0.00099 at most
    if precision > 38:
        return SqlType("numeric")
    if scale == 0 and precision <= 18:
        return SqlType("smallint" if precision <= 4 else "integer" if precision <= 9 else "bigint")
    return SqlType("numeric", (precision, scale))


def microseconds(of: str) -> Callable[[Native], SqlType | None]:
    """Return what gives `of` as long as no finer part of a second would be cut."""
    return lambda native: SqlType(of) if (native.scale if native.scale is not None else 6) <= 6 else None
