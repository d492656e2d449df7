"""Oracle as a source; what it shares with Dameng, which keeps the same catalogue views, stands here as well."""

from hefu.dataplane.connectors import Capabilities

CAPABILITIES = Capabilities(
    name="oracle",
    reads=True,
    writes=False,
    pushes_down=False,
    snapshot=True,
    resumes=True,
    tested="no server: the generated SQL, the type table and the reading of rows alone; the driver is installed apart",
)
