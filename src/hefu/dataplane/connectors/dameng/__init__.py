"""Dameng as a source: Oracle's catalogue views, with types, days and empty texts of its own."""

from hefu.dataplane.connectors import Capabilities

CAPABILITIES = Capabilities(
    name="dameng",
    reads=True,
    writes=False,
    pushes_down=False,
    snapshot=True,
    resumes=True,
    tested="no server: the generated SQL, the type table and the reading of rows alone; the driver is installed apart",
)
