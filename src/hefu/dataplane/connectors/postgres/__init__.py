"""PostgreSQL as a source and as a target."""

from hefu.dataplane.connectors import Capabilities

CAPABILITIES = Capabilities(
    name="postgres",
    reads=True,
    writes=True,
    pushes_down=True,
    snapshot=True,
    resumes=True,
    splits="by its pages",
    publishes="exactly once: parts and position in one transaction each, the table in one at the end",
    tested="PostgreSQL 18; openGauss, Kingbase and GaussDB speak the protocol and were not run",
)
