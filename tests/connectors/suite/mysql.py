"""MySQL's family in the shared suite, on a real MariaDB."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hefu.dataplane.connectors.mysql import CAPABILITIES
from hefu.dataplane.connectors.mysql.connection import quoted
from hefu.dataplane.connectors.mysql.source import MysqlSource
from hefu.dataplane.sides import Source
from hefu.dataplane.ticket import ResourceKind, ResourceRef
from tests.connectors.place import person
from tests.connectors.suite.case import Sample
from tests.mariadb import MariaDatabase


def _same(native: str, becomes: str, *values: str) -> Sample:
    return Sample(native, becomes, [(f"'{value}'", value) for value in values])


@dataclass
class MysqlCase:
    """A provider's database; its tables keep their texts in a character set of their own."""

    database: MariaDatabase
    charset: str = "utf8mb4"
    capabilities = CAPABILITIES
    empty_is_null = False
    samples = (
        _same("tinyint", "smallint", "-128", "127"),
        _same("tinyint unsigned", "smallint", "255"),
        _same("tinyint(1)", "smallint", "2", "-1"),
        _same("smallint", "smallint", "-32768"),
        _same("smallint unsigned", "integer", "65535"),
        _same("mediumint", "integer", "-8388608"),
        _same("int", "integer", "-2147483648"),
        Sample("int(10) unsigned zerofill", "bigint", [("5", "5"), ("4294967295", "4294967295")]),
        _same("bigint", "bigint", "-9223372036854775808", "9223372036854775807"),
        _same("bigint unsigned", "numeric(20,0)", "18446744073709551615", "0"),
        _same("decimal(38,10)", "numeric(38,10)", "-9999999999999999999999999999.9999999999", "0.0000000001"),
        _same("decimal(65,30)", "numeric(65,30)", f"-{'9' * 35}.{'1' * 30}", f"{'8' * 35}.{'0' * 29}1"),
        Sample("float", "real", [("0.1", "0.1"), ("16777216", "1.6777216e+07"), ("-3.4e38", "-3.4e+38")]),
        _same("double", "double precision", "1.7976931348623157e+308", "5e-324", "0.1"),
        Sample("bit", "boolean", [("b'1'", "t"), ("b'0'", "f")]),
        Sample("bit(8)", "bit(8)", [("b'10100101'", "10100101"), ("b'1'", "00000001")]),
        Sample("bit(64)", "bit(64)", [("b'1" + "0" * 63 + "'", "1" + "0" * 63)]),
        _same("year", "smallint", "1901", "2155"),
        _same("date", "date", "0001-01-01", "9999-12-31"),
        _same("datetime", "timestamp(0) without time zone", "0001-01-01 00:00:00"),
        _same("datetime(6)", "timestamp without time zone", "9999-12-31 23:59:59.999999", "2024-02-29 00:00:00.1"),
        Sample("timestamp(6) null", "timestamp with time zone", [
            ("'2038-01-19 03:14:07.999999'", "2038-01-19 03:14:07.999999+00"),
            ("'1970-01-01 00:00:01'", "1970-01-01 00:00:01+00"),
        ]),
        _same("time(6)", "interval", "-838:59:59", "838:59:59", "00:00:00.000001"),
        _same("char(5)", "character varying(5)", "", "ab", "龥"),
        _same("varchar(40)", "character varying(40)", "", " x ", "𠀀龦"),
        Sample("longtext", "text", [("''", ""), ("x'0a'", "\n")]),
        Sample("varchar(9) character set gbk", "character varying(9)", [("'镕'", "镕"), ("'é'", "é")]),
        Sample("text character set latin1", "text", [("'é'", "é"), ("'€'", "€")]),
        _same("enum('是','否','O''k')", "text", "是"),
        _same("set('a','b')", "text", "a,b", ""),
        Sample("binary(4)", "bytea", [("x'00ff'", "\\x00ff0000")]),
        Sample("varbinary(9)", "bytea", [("x''", "\\x"), ("x'270a5c'", "\\x270a5c")]),
        Sample("longblob", "bytea", [("x'00ff27'", "\\x00ff27")]),
        _same("uuid", "uuid", "123e4567-e89b-12d3-a456-426655440000"),
        Sample("inet6", "inet", [("'2001:db8::ff00:42:8329'", "2001:db8::ff00:42:8329/128")]),
        _same("json", "text", '{"a": [1, "二"]}'),
    )  # fmt: skip

    @property
    def port(self) -> int:
        """Return the server's port."""
        return self.database.server.port

    def people(self, count: int) -> tuple[Source, ResourceRef]:
        """Make the table of people."""
        self.database.run(
            "create table people (id varchar(18), name varchar(40), birth date, division char(6), phone varchar(20), "
            f"income decimal(12,2), secret text) character set {self.charset}"
        )
        self._many("people", [person(number) for number in range(count)])
        return self._of("people")

    def texts(self, names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> tuple[Source, ResourceRef]:
        """Make a table of texts."""
        columns = ", ".join(f"{quoted(name)} longtext" for name in names)
        self.database.run(f"create table `Te xt``s` ({columns}) character set {self.charset}")
        self._many("Te xt`s", rows)
        return self._of("Te xt`s")

    def typed(self, samples: Sequence[Sample]) -> tuple[Source, ResourceRef]:
        """Make a table of the samples."""
        columns = ", ".join(f"c{number} {sample.native}" for number, sample in enumerate(samples))
        self.database.run(f"create table typed (id int, {columns}) character set {self.charset}")
        for row in range(max(len(sample.values) for sample in samples) + 1):
            values = [sample.values[row][0] if row < len(sample.values) else "null" for sample in samples]
            self.database.run(f"insert into typed values ({row}, {', '.join(values)})")
        return self._of("typed")

    def wide(self, rows: int, size: int) -> tuple[Source, ResourceRef]:
        """Make a table of long rows."""
        self.database.run(
            f"create table wide (id int primary key, body longtext) as "
            f"select seq as id, repeat(md5(seq), {size // 32}) as body from seq_1_to_{rows}"
        )
        return self._of("wide")

    def strange(self) -> tuple[Source, ResourceRef] | None:
        """Make a table with a place on the map."""
        self.database.run("create table strange (id int, g point)")
        return self._of("strange")

    def at(self, source: Source, port: int) -> Source | None:
        """Return the source by another port."""
        assert isinstance(source, MysqlSource)
        return MysqlSource(replace(source.connection, port=port))

    def wrong(self, source: Source, secret: str) -> Source | None:
        """Return the source with another password."""
        assert isinstance(source, MysqlSource)
        return MysqlSource(replace(source.connection, password=secret))

    def _many(self, table: str, rows: Sequence[Sequence[object]]) -> None:
        connection = self.database.server.connect(self.database.name)
        try:
            with connection.cursor() as cursor:
                cursor.execute("set autocommit = 0")
                marks = ", ".join(["%s"] * len(rows[0]))
                for row in rows:
                    cursor.execute(f"insert into {quoted(table)} values ({marks})", row)
            connection.commit()
        finally:
            connection.close()

    def _of(self, table: str) -> tuple[Source, ResourceRef]:
        source = MysqlSource(self.database.connection)
        return source, ResourceRef("s", ResourceKind.MYSQL_TABLE, self.database.name, table)
