"""PostgreSQL as a source and as a target."""

from hefu.dataplane.connectors import Capabilities

CAPABILITIES = Capabilities(name="postgres", reads=True, writes=True, pushes_down=True, snapshot=True, resumes=True)
