"""A folder of CSV files as a source."""

from hefu.dataplane.connectors import Capabilities

CAPABILITIES = Capabilities(name="folder", reads=True, writes=False, pushes_down=True, snapshot=True, resumes=False)
