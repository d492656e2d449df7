"""How busy a database server is, as far as the account that reads it may know."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """A server at one instant. What the account may not see is None."""

    #: Sessions open now, and how many the server takes.
    sessions: int
    most_sessions: int
    #: Statements running now, ours among them.
    running: int | None
    #: Seconds since the oldest open transaction of others began; also None where there is none.
    oldest_s: int | None
    #: Bytes of the log that the server keeps for those who follow it, and would not without them.
    held_bytes: int | None
