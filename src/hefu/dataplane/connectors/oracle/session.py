"""A session of a database that keeps Oracle's catalogue views, over whichever driver it has."""

import contextlib
from collections.abc import Generator, Iterator, Mapping
from typing import Any

from hefu.dataplane.connectors.address import AddressPolicy, allowed_address, default_policy
from hefu.dataplane.connectors.oracle.tongue import Connection, Tongue
from hefu.dataplane.errors import DataPlaneRefusal, SideLost, SideRefused


class CatalogueSession:
    """One session of one side; errors are told in plain words."""

    def __init__(
        self, tongue: Tongue, connection: Connection, side: str, policy: AddressPolicy = default_policy
    ) -> None:
        """Connect to an address that the policy allows, never to a name.

        Raises:
            AddressRefused: The address policy says no, or the server sends us elsewhere.
            SideLost: The server cannot be reached now.
            SideRefused: The server refuses us, or the driver is not installed.
        """
        self.tongue, self.connection, self.side = tongue, connection, side
        self._driver = tongue.driver()
        address = allowed_address(connection.host, connection.port, policy)
        with self.plainly():
            self.raw = tongue.connect(self._driver, connection, address)
        try:
            for statement in tongue.session:
                self._execute(statement)
        except BaseException:
            self.close()
            raise

    def _execute(self, statement: str) -> None:
        with self.plainly(), contextlib.closing(self.raw.cursor()) as cursor:
            cursor.execute(statement)

    def run(self, query: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Return the rows of a query; `values` stand in it as literals, quoted here.

        Raises:
            SideLost: The connection is gone.
            SideRefused: The server refused.
        """
        with self.plainly(), contextlib.closing(self.raw.cursor()) as cursor:
            cursor.execute(query.format(**values) if values else query)
            return [tuple(row) for row in cursor.fetchall()]

    def streamed(self, query: str, size: int) -> Generator[list[tuple[Any, ...]]]:
        """Yield a query's rows, `size` at a time.

        Raises:
            SideLost: The connection is gone.
            SideRefused: The server refused.
        """
        with self.plainly(), contextlib.closing(self.raw.cursor()) as cursor:
            cursor.arraysize = size
            cursor.execute(query)
            while rows := cursor.fetchmany(size):
                yield [tuple(row) for row in rows]

    @contextlib.contextmanager
    def plainly(self) -> Iterator[None]:
        """Tell a driver's error in plain words, without the password."""
        try:
            yield
        except DataPlaneRefusal:
            raise
        except (self._driver.Error, OSError) as error:
            words = " ".join(str(error).split("\n")[0].split()) or type(error).__name__
            if self.connection.password:
                words = words.replace(self.connection.password, "***")
            lost = isinstance(error, OSError) or self.tongue.passes(words)
            raise (SideLost if lost else SideRefused)(self.side, words[:300]) from None

    def cancel(self) -> None:
        """End the running statement where the driver can; else the connection."""
        ends = getattr(self.raw, "cancel", None)
        if ends is None:
            self.cut()
            return
        with contextlib.suppress(self._driver.Error, OSError):
            ends()

    def cut(self) -> None:
        """End the connection."""
        self.close()

    def close(self) -> None:
        """Close; may be called twice."""
        with contextlib.suppress(self._driver.Error, OSError):
            self.raw.close()
