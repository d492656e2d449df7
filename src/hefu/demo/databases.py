"""The departments' own databases: real ones, beside the platform's, each under a role of its own."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo


@dataclass(frozen=True)
class OfficeDatabase:
    """How a department reaches its database."""

    host: str
    port: int
    dbname: str
    user: str
    password: str = field(repr=False)

    def connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        """Return a session as the department's own role."""
        return psycopg.connect(
            host=self.host, port=self.port, dbname=self.dbname, user=self.user, password=self.password, autocommit=True
        )


def make_database(server: str, name: str) -> OfficeDatabase:
    """Make the empty database `name`, in place of one that was there, owned by a new role of the same name.

    Args:
        server: Address of a server on which we may make databases and roles, reached by TCP.
        name: Of both; plain letters and underscores.
    """
    password = secrets.token_urlsafe(18)
    database, role = sql.Identifier(name), sql.Identifier(name)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database))
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
        verb = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}" if known else "CREATE ROLE {} LOGIN PASSWORD {}")
        connection.execute(verb.format(role, sql.Literal(password)))
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
        connection.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(database))
    parts = conninfo_to_dict(server)
    return OfficeDatabase(
        host=str(parts.get("host", "127.0.0.1")),
        port=int(parts.get("port") or 5432),
        dbname=name,
        user=name,
        password=password,
    )


def make_reader(server: str, office: OfficeDatabase, table: str) -> OfficeDatabase:
    """Make a role that may read one table of `office` and nothing else: what the platform is given."""
    name, password = f"{office.user}_reader", secrets.token_urlsafe(18)
    reader = sql.Identifier(name)
    with psycopg.connect(server, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
        verb = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}" if known else "CREATE ROLE {} LOGIN PASSWORD {}")
        connection.execute(verb.format(reader, sql.Literal(password)))
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(office.dbname), reader))
    with office.connect() as connection:
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(reader))
        connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(table), reader))
    return OfficeDatabase(office.host, office.port, office.dbname, name, password)


def load(
    office: OfficeDatabase,
    *,
    definition: str,
    table: str,
    columns: Sequence[str],
    rows: Iterator[tuple[object, ...]],
) -> int:
    """Make a table in the department's database, fill it by COPY, and return how many rows it has."""
    copy = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with office.connect() as connection:
        connection.execute(definition.encode())
        with connection.cursor() as cursor:
            with cursor.copy(copy) as copying:
                for row in rows:
                    copying.write_row(row)
            cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
            found = cursor.fetchone()
    return int(str(found[0])) if found else 0


def over_tcp(address: str, port: int | None) -> str:
    """Return `address` by 127.0.0.1 and `port` when it names a socket, else unchanged."""
    parts = conninfo_to_dict(address)
    if port is None or not str(parts.get("host") or "/").startswith("/"):
        return address
    return make_conninfo(address, host="127.0.0.1", port=port)
