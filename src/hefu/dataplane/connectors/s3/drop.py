"""A folder of an S3-compatible store as a place for files: a key holds the whole file or is not there."""

import base64
import hashlib
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hefu.dataplane.connectors.address import AddressPolicy
from hefu.dataplane.connectors.s3.connection import S3Connection, S3Session, text_of, xml_of
from hefu.dataplane.errors import DataPlaneRefusal, SideLost, SideRefused
from hefu.kernel.words import Sentence, _

#: Bytes of a part; a smaller file goes in one request. A store takes 10,000 parts.
PART, _MOST_PARTS = 16 << 20, 10_000
_DELIVERY, _SHA256 = "x-amz-meta-hefu-delivery", "x-amz-meta-hefu-sha256"


@dataclass(frozen=True)
class S3Drop:
    """A consumer's bucket, or a folder in it."""

    connection: S3Connection

    def opened(self, policy: AddressPolicy) -> "S3DropSession":
        """Return a session."""
        return S3DropSession(S3Session(self.connection, "target", policy))


class S3DropSession:
    """Puts files."""

    def __init__(self, session: S3Session, part: int = PART) -> None:
        """Put them with `session`, in parts of `part` bytes."""
        self._session, self._part = session, part

    def put(self, file: Path, name: str, delivery: str, sha256: str, passed: Callable[[int], None]) -> None:
        """Bring a file there; each request says the digests of what it carries, which the store holds against it.

        Raises:
            SideLost: The connection is gone, or what arrived is not what left.
            SideRefused: There is a file of that name that the delivery did not put there, or the store says no.
        """
        size = file.stat().st_size
        if self._stands(name, delivery, sha256, size):
            return
        self._forget_parts(name)
        told = {_DELIVERY: delivery, _SHA256: sha256}
        if size <= self._part:
            body = file.read_bytes()
            self._session.ask("PUT", name, headers=told | _digest(body), body=body)
            passed(size)
        else:
            self._put_parts(file, name, told, passed)
        if not self._stands(name, delivery, sha256, size):
            text = _("what arrived is not what was sent")
            raise SideLost("target", Sentence(text, code="side.s3_arrived"))

    def _stands(self, name: str, delivery: str, sha256: str, size: int) -> bool:
        """Return whether the file is there already."""
        try:
            there = self._session.ask("HEAD", name).headers
        except SideRefused as refused:
            if refused.facts["detail"].code == "side.no_file":
                return False
            raise
        if there.get(_DELIVERY) != delivery:
            text = _("a file {name} is there that this delivery did not put there")
            raise SideRefused("target", Sentence(text, code="side.file_taken", name=name))
        return there.get(_SHA256) == sha256 and there.get("content-length") == str(size)

    def _forget_parts(self, name: str) -> None:
        """End what a killed run of the delivery has left half sent: nobody sees it, but the store keeps it."""
        forget_parts(self._session, name, lambda upload: upload.name == name)

    def _put_parts(self, file: Path, name: str, told: dict[str, str], passed: Callable[[int], None]) -> None:
        page = xml_of(self._session.ask("POST", name, query={"uploads": ""}, headers=told).body)
        upload = "" if page is None else text_of(page, "UploadId")
        if not upload:
            raise SideRefused("target", Sentence(_("it does not answer like an S3-compatible store"), code="side.s3"))
        try:
            done = ET.Element("CompleteMultipartUpload")
            for number, body in enumerate(_parts(file, self._part), start=1):
                asked = {"partNumber": str(number), "uploadId": upload}
                answer = self._session.ask("PUT", name, query=asked, headers=_digest(body), body=body)
                part = ET.SubElement(done, "Part")
                ET.SubElement(part, "PartNumber").text = str(number)
                ET.SubElement(part, "ETag").text = answer.headers.get("etag", "")
                passed(len(body))
            self._session.ask("POST", name, query={"uploadId": upload}, body=ET.tostring(done))
        except BaseException:
            with suppress(DataPlaneRefusal):
                self._session.ask("DELETE", name, query={"uploadId": upload})
            raise

    def cancel(self) -> None:
        """End what is under way, from another thread."""
        self._session.cut()

    def cut(self) -> None:
        """End the connection."""
        self._session.cut()

    def close(self) -> None:
        """Close; may be called twice."""
        self._session.close()


@dataclass(frozen=True)
class Upload:
    """A file that somebody began to send in parts and has not finished."""

    #: In the folder.
    name: str
    #: When, as the store writes it.
    begun: str


def forget_parts(session: S3Session, begin: str, which: Callable[[Upload], bool]) -> None:
    """End unfinished uploads whose names begin so.

    Raises:
        SideLost: The connection is gone.
    """
    # An account need not have the right to look; then the store's own rules remove them.
    with suppress(SideRefused):
        prefix = session.connection.prefix
        page = xml_of(session.ask("GET", "", query={"uploads": "", "prefix": prefix + begin}).body)
        for one in [] if page is None else page.findall("{*}Upload"):
            upload = Upload(text_of(one, "Key").removeprefix(prefix), text_of(one, "Initiated"))
            if which(upload):
                session.ask("DELETE", upload.name, query={"uploadId": text_of(one, "UploadId")})


def _parts(file: Path, size: int) -> Iterator[bytes]:
    step = max(size, -(-file.stat().st_size // _MOST_PARTS))
    with file.open("rb") as opened:
        while body := opened.read(step):
            yield body


def _digest(body: bytes) -> dict[str, str]:
    # The protocol asks for MD5, as a check of transport; the signature covers a SHA-256 of the same bytes.
    return {"Content-MD5": base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()}
