"""An interface over HTTP in the shared suite: JSON, paged by number."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hefu.dataplane.connectors.interface import CAPABILITIES
from hefu.dataplane.connectors.interface.source import HttpSource
from hefu.dataplane.connectors.interface.stated import Interface, Pages, Paging, Stated
from hefu.dataplane.sides import Source
from hefu.dataplane.ticket import ResourceKind, ResourceRef
from hefu.dataplane.types import parse
from tests.connectors.place import Place, person
from tests.connectors.suite.case import Sample
from tests.interface import InterfaceServer

PAGES = Pages(Paging.PAGE, "page", "size", 2000)


@dataclass
class HttpCase:
    """A provider's server."""

    place: Place
    server: InterfaceServer
    capabilities = CAPABILITIES
    empty_is_null = False
    samples: Sequence[Sample] = (
        Sample("text", "text", [('"龙 \\"x\\""', '龙 "x"'), ("1.5", "1.5"), ('[1, {"a": 0}]', '[1, {"a": 0}]')]),
        Sample("varchar(3)", "character varying(3)", [('"龙龙龙"', "龙龙龙")]),
        Sample("smallint", "smallint", [("-32768", "-32768")]),
        Sample("integer", "integer", [("2147483647", "2147483647"), ('"-7"', "-7")]),
        Sample("bigint", "bigint", [("9223372036854775807", "9223372036854775807")]),
        Sample("numeric(12,2)", "numeric(12,2)", [("1.50", "1.50"), ('"-0.01"', "-0.01")]),
        Sample("numeric(38,10)", "numeric(38,10)", [("1234567890123456789012345678.0123456789",
                                                     "1234567890123456789012345678.0123456789")]),
        Sample("double precision", "double precision", [("1.5e300", "1.5e+300")]),
        Sample("real", "real", [("0.5", "0.5")]),
        Sample("boolean", "boolean", [("true", "t"), ('"false"', "f")]),
        Sample("date", "date", [('"2024-02-29"', "2024-02-29"), ('"2024/2/1"', "2024-02-01")]),
        Sample("timestamp", "timestamp without time zone", [('"2024-02-29T23:59:59.123456"',
                                                             "2024-02-29 23:59:59.123456")]),
    )  # fmt: skip

    @property
    def port(self) -> int:
        """Return the server's port."""
        return self.server.port

    def people(self, count: int) -> tuple[Source, ResourceRef]:
        """Make the interface of people."""
        names = ("id", "name", "birth", "division", "phone", "income", "secret")
        types = ("text", "text", "date", "text", "text", "numeric(12,2)", "text")
        rows = [
            {name: None if cell is None else str(cell) for name, cell in zip(names, person(number), strict=True)}
            for number in range(count)
        ]
        return self._made("people", rows, dict(zip(names, types, strict=True)))

    def texts(self, names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> tuple[Source, ResourceRef]:
        """Make an interface of texts."""
        made = [{f"c{number}": cell for number, cell in enumerate(row)} for row in rows]
        # A name with a dot stands elsewhere in the answer: dots lead into objects.
        return self._made("te xt's", made, dict.fromkeys(names, "text"), [f"c{number}" for number in range(len(names))])

    def typed(self, samples: Sequence[Sample]) -> tuple[Source, ResourceRef]:
        """Make an interface with a column of each type."""
        count = max(len(sample.values) for sample in samples)
        rows: list[Any] = []
        for number in range(count + 1):
            row: dict[str, Any] = {"id": number}
            for place, sample in enumerate(samples):
                held = sample.values[number][0] if number < len(sample.values) else "null"
                row[f"c{place}"] = Raw(held)
            rows.append(row)
        types = {"id": "integer"} | {f"c{place}": sample.native for place, sample in enumerate(samples)}
        members = [[f'"{name}": {getattr(held, "text", held)}' for name, held in row.items()] for row in rows]
        body = ", ".join("{" + ", ".join(one) + "}" for one in members)
        made, ref = self._made("typed", [], types, pages=Pages())
        self.server.tables["typed"] = f'{{"data": {{"list": [{body}]}}}}'.encode()
        return made, ref

    def wide(self, rows: int, size: int) -> tuple[Source, ResourceRef]:
        """Make an interface of long rows."""
        made = [{"id": str(number), "body": f"{number:032d}" * (size // 32)} for number in range(rows)]
        return self._made("wide", made, {"id": "text", "body": "text"})

    def strange(self) -> tuple[Source, ResourceRef] | None:
        """Return nothing: a type that is not carried cannot be stated."""
        return None

    def at(self, source: Source, port: int) -> Source | None:
        """Return the source by another port."""
        assert isinstance(source, HttpSource)
        return replace(source, connection=replace(source.connection, port=port))

    def wrong(self, source: Source, secret: str) -> Source | None:
        """Return the source with another key."""
        assert isinstance(source, HttpSource)
        return replace(source, connection=replace(source.connection, password=secret))

    def _made(
        self, name: str, rows: list[Any], types: dict[str, str], at: Sequence[str] = (), pages: Pages = PAGES
    ) -> tuple[Source, ResourceRef]:
        path = "t" if name == "te xt's" else name
        self.server.tables[path] = rows
        places = at or [""] * len(types)
        columns = tuple(Stated(n, parse(of), place) for (n, of), place in zip(types.items(), places, strict=True))
        stated = Interface(name, f"/{path}", columns, rows="data.list", pages=pages)
        source = HttpSource(self.server.connection, (stated,))
        return source, ResourceRef("s", ResourceKind.HTTP_INTERFACE, "", name)


@dataclass(frozen=True)
class Raw:
    """JSON as it stands in an answer."""

    text: str
