"""What a connector has to bring so that the shared suite can be asked of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hefu.dataplane.connectors import Capabilities
from hefu.dataplane.sides import Source
from hefu.dataplane.ticket import ResourceRef

#: Texts that went wrong somewhere: quoting, escaping, encodings, spaces at the ends, spreadsheet formulas.
TEXTS = (
    "", " ", " both ", "O'Brien", 'say "hi"', "back\\slash", "\\N", "\\", "line\nbreak", "tab\there", "cr\r\nlf",
    "100%", "%s", "{0}", "a,b;c", "=1+1", "NULL", "null", "㐁䶵", "𠀀𪛖", "龦鿿", "👨‍👩‍👧🇨🇳", "e\u0301", "\u200b", "ｱﾞ",
    "x" * 300_000,
)  # fmt: skip
#: Names that need quoting, or quoting twice.
NAMES = ("select", "Order", "order by", "MiXed", "two words", 'quo"te', "back`tick", "per%cent", "姓名", "a.b", "1st")


@dataclass(frozen=True)
class Sample:
    """One column of one native type, with values that are hard to carry."""

    #: How the connector's own definition language writes the type.
    native: str
    #: What the connector says that it is here.
    becomes: str
    #: Literals in the connector's own language, and what PostgreSQL prints once they have arrived.
    values: Sequence[tuple[str, str]]


class Case(Protocol):
    """One connector in the shared suite, with a place of its own."""

    @property
    def capabilities(self) -> Capabilities:
        """Return what the connector declares."""
        ...

    @property
    def empty_is_null(self) -> bool:
        """Return whether the source cannot tell an empty text from NULL."""
        ...

    @property
    def samples(self) -> Sequence[Sample]:
        """Return a column of each type in the connector's type table; none where there are no types."""
        ...

    def people(self, count: int) -> tuple[Source, ResourceRef]:
        """Make the table of people with `count` rows."""
        ...

    def texts(self, names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> tuple[Source, ResourceRef]:
        """Make a table of texts, the first column its key."""
        ...

    def typed(self, samples: Sequence[Sample]) -> tuple[Source, ResourceRef]:
        """Make a table with columns id, c0, c1 … of the samples; rows 0 … hold their values, the last is NULL."""
        ...

    def wide(self, rows: int, size: int) -> tuple[Source, ResourceRef]:
        """Make a table with `rows` rows of an `id` and a text `body` of `size` characters."""
        ...

    def strange(self) -> tuple[Source, ResourceRef] | None:
        """Make a table whose column `g` has a type that is not carried; None when there is none."""
        ...

    def at(self, source: Source, port: int) -> Source | None:
        """Return the source as reached by another port of 127.0.0.1, None when it is no matter of ports."""
        ...

    def wrong(self, source: Source, secret: str) -> Source | None:
        """Return the source with another password, None when it has none."""
        ...

    @property
    def port(self) -> int:
        """Return the port of the server."""
        ...


def closed(host: str, address: str, port: int) -> str | None:
    """Refuse every address."""
    return "closed for the test" if address else None
