"""Files in an S3-compatible store as a source, and as a place where files are put."""

from hefu.dataplane.connectors import Capabilities

CAPABILITIES = Capabilities(
    name="s3",
    reads=True,
    writes=True,
    pushes_down=False,
    snapshot=True,
    resumes=True,
    publishes="files alone: a key holds the whole file or is not there; the same delivery again puts it once",
    tested="moto's server, signatures checked; the files that a folder has",
)
