"""A folder of files as a source."""

from hefu.dataplane.connectors import Capabilities

CAPABILITIES = Capabilities(
    name="folder",
    reads=True,
    writes=False,
    pushes_down=False,
    snapshot=True,
    resumes=True,
    tested="CSV, TSV, XLSX, XLS, JSON lines, Parquet, SQLite; UTF-8 and GB 18030",
)
