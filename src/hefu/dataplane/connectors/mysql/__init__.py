"""MySQL and MariaDB, and what speaks their protocol (OceanBase, TiDB), as a source and as a target."""

from hefu.dataplane.connectors import Capabilities

CAPABILITIES = Capabilities(name="mysql", reads=True, writes=True, pushes_down=False, snapshot=True, resumes=True)
