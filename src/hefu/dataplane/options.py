"""How a run may use the machine."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Options:
    """Nothing here changes what is delivered."""

    #: Pairs of connections that copy at once.
    workers: int = 2
    #: Pages in one chunk; None chooses by the table's size.
    chunk_pages: int | None = None
    #: Bytes a second that leave the source at most, to spare it; None sets no limit.
    most_bytes_a_second: int | None = None
    #: Where the dear checks (check digits, patterns) run. In the source, nothing but addresses of rejected
    #: rows leaves it before they are delivered, at several times its processor time.
    checks: Literal["here", "source"] = "here"
    #: Spark Connect address of the cluster that reads Parquet files of folders, token and all; empty for none.
    spark: str = field(default="", repr=False)
