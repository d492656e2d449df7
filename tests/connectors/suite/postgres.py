"""PostgreSQL in the shared suite."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hefu.dataplane.connectors.postgres import CAPABILITIES
from hefu.dataplane.connectors.postgres.source import PostgresSource
from hefu.dataplane.sides import Source
from hefu.dataplane.ticket import ResourceKind, ResourceRef
from tests.connectors.place import Place, connection_to
from tests.connectors.suite.case import Sample


def _same(native: str, *values: str) -> Sample:
    return Sample(native, native, [(f"'{value}'", value) for value in values])


@dataclass
class PostgresCase:
    """A provider's database."""

    place: Place
    capabilities = CAPABILITIES
    empty_is_null = False
    samples = (
        _same("smallint", "-32768", "32767"),
        _same("integer", "-2147483648", "2147483647"),
        _same("bigint", "-9223372036854775808", "9223372036854775807"),
        _same("numeric(38,10)", "-9999999999999999999999999999.9999999999", "0.0000000001"),
        _same("numeric", "NaN", f"{'9' * 60}.{'1' * 40}"),
        _same("real", "0.1", "1.6777216e+07", "Infinity"),
        _same("double precision", "1.7976931348623157e+308", "5e-324", "NaN"),
        _same("boolean", "t", "f"),
        _same("date", "0001-01-01", "9999-12-31", "0044-03-15 BC", "infinity"),
        _same("timestamp without time zone", "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", "-infinity"),
        _same("timestamp with time zone", "2038-01-19 03:14:08+00", "1900-01-01 00:00:00.5+00"),
        _same("time without time zone", "23:59:59.999999", "24:00:00"),
        _same("interval", "838:59:59", "1 mon 2 days"),
        _same("character varying(40)", "", " x ", "龦𠀀"),
        _same("character(4)", "ab  "),
        _same("text", "", "\n"),
        _same("uuid", "00000000-0000-0000-0000-000000000000"),
        _same("bytea", "\\x00ff27"),
        _same("json", '{"a": 1, "a": 2}'),
        _same("jsonb", '{"a": 2}'),
        _same("bit(8)", "10100101"),
        Sample("inet", "inet", [("'10.0.0.1/8'", "10.0.0.1/8")]),
        _same("integer[]", "{1,NULL,3}"),
    )

    @property
    def port(self) -> int:
        """Return the server's port."""
        return self.place.provider.port

    def people(self, count: int) -> tuple[Source, ResourceRef]:
        """Make the table of people."""
        self.place.fill(count)
        return self._of("people")

    def texts(self, names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> tuple[Source, ResourceRef]:
        """Make a table of texts."""
        columns = ", ".join('"' + name.replace('"', '""') + '" text' for name in names)
        with self.place.provider.connect() as connection:
            connection.execute(f'create table "Te xt""s" ({columns})'.encode())
            with connection.cursor() as cursor:
                marks = ", ".join(["%s"] * len(names))
                cursor.executemany(f'insert into "Te xt""s" values ({marks})'.encode(), rows)
        return self._of('Te xt"s')

    def typed(self, samples: Sequence[Sample]) -> tuple[Source, ResourceRef]:
        """Make a table of the samples."""
        columns = ", ".join(f"c{number} {sample.native}" for number, sample in enumerate(samples))
        self.place.provider.run(f"create table typed (id integer, {columns})")
        for row in range(max(len(sample.values) for sample in samples) + 1):
            values = [sample.values[row][0] if row < len(sample.values) else "null" for sample in samples]
            self.place.provider.run(f"insert into typed values ({row}, {', '.join(values)})")
        return self._of("typed")

    def wide(self, rows: int, size: int) -> tuple[Source, ResourceRef]:
        """Make a table of long rows."""
        self.place.provider.run(
            f"create table wide as select n as id, repeat(md5(n::text), {size // 32}) as body "
            f"from generate_series(1, {rows}) n"
        )
        return self._of("wide")

    def strange(self) -> tuple[Source, ResourceRef] | None:
        """Return nothing: whatever PostgreSQL holds, another PostgreSQL takes."""
        return None

    def at(self, source: Source, port: int) -> Source | None:
        """Return the source by another port."""
        assert isinstance(source, PostgresSource)
        return PostgresSource(replace(source.connection, host="127.0.0.1", port=port))

    def wrong(self, source: Source, secret: str) -> Source | None:
        """Return the source with another password."""
        assert isinstance(source, PostgresSource)
        return PostgresSource(replace(source.connection, user="nobody-known", password=secret))

    def _of(self, table: str) -> tuple[Source, ResourceRef]:
        source = PostgresSource(connection_to(self.place.provider))
        return source, ResourceRef("s", ResourceKind.POSTGRES_TABLE, "public", table)
