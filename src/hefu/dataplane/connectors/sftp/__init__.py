"""A folder of files on an SFTP server as a source."""

from hefu.dataplane.connectors import Capabilities

CAPABILITIES = Capabilities(
    name="sftp",
    reads=True,
    writes=False,
    pushes_down=False,
    snapshot=True,
    resumes=True,
    tested="OpenSSH's sftp-server; the files that a folder has",
)
