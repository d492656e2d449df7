"""MySQL and MariaDB, and what speaks their protocol (OceanBase, TiDB), as a source and as a target."""

from hefu.dataplane.connectors import Capabilities

CAPABILITIES = Capabilities(
    name="mysql",
    reads=True,
    writes=True,
    pushes_down=False,
    snapshot=True,
    resumes=True,
    splits="by ranges of a key",
    publishes="exactly once: parts and position in one InnoDB transaction each, the table's rows in one at the end",
    tested="MariaDB 10.11; MySQL, OceanBase and TiDB speak the protocol and were not run",
)
