"""A place that takes finished files: under its name there is nothing, or the whole file."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from hefu.dataplane.connectors.address import AddressPolicy


class DropSession(Protocol):
    """One session of such a place."""

    def put(self, file: Path, name: str, delivery: str, sha256: str, passed: Callable[[int], None]) -> None:
        """Bring a file there; the same delivery again puts the same file once.

        Args:
            file: The whole file.
            name: What it is called there.
            delivery: Number of the delivery that it is.
            sha256: Of its content.
            passed: Told the bytes that have gone; may raise to end it, and then nothing is there.

        Raises:
            SideLost: The connection is gone.
            SideRefused: There is a file of that name that the delivery did not put there, or the place says no.
        """
        ...

    def cancel(self) -> None:
        """End what is under way, from another thread."""
        ...

    def cut(self) -> None:
        """End the connection."""
        ...

    def close(self) -> None:
        """Close; may be called twice."""
        ...


class Drop(Protocol):
    """Where files are put."""

    def opened(self, policy: AddressPolicy) -> DropSession:
        """Return a session.

        Raises:
            AddressRefused, SideLost, SideRefused: It cannot be reached, and why.
        """
        ...
