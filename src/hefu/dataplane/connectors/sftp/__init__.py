"""Files on an SFTP server as a source, and as a place where files are put."""

from hefu.dataplane.connectors import Capabilities

CAPABILITIES = Capabilities(
    name="sftp",
    reads=True,
    writes=True,
    pushes_down=False,
    snapshot=True,
    resumes=True,
    publishes="files alone: written aside and renamed when whole; the same delivery again replaces its own",
    tested="OpenSSH's sftp-server; the files that a folder has",
)
