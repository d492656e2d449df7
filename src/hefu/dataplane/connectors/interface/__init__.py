"""Interfaces that answer over HTTP in JSON or CSV, page by page, as a source."""

from hefu.dataplane.connectors import Capabilities

CAPABILITIES = Capabilities(
    name="http",
    reads=True,
    writes=False,
    pushes_down=False,
    snapshot=False,
    resumes=True,
    tested="a server of the tests' own: JSON and CSV, every way of paging and of showing a key",
)
