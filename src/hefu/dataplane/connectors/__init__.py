"""What rows are read from and written to; one folder each, with its capabilities declared."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Capabilities:
    """What a connector can do, so that the planner and the pages need not guess."""

    #: Short name, as tickets and sources write it.
    name: str
    reads: bool
    writes: bool
    #: Row filter, masks and projection can run inside the source.
    pushes_down: bool
    #: All reads of one run see one moment.
    snapshot: bool
    #: A killed run goes on from its last chunk.
    resumes: bool
    #: How a table is cut into parts that are read side by side, and never again by a run that goes on, in words for
    #: docs/reference/connectors.md; empty when rows are read from beginning to end.
    splits: str = ""
    #: How rows become the consumer's, in words for docs/reference/connectors.md; empty when it does not write.
    publishes: str = ""
    #: What the tests run it on, and what is only said to speak the same, in words for the same page.
    tested: str = ""
