"""How to reach a folder in an S3-compatible store: requests signed here, sent over a socket that was allowed.

An answer that leads to another host is never followed: the keys are for this store alone.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from hashlib import sha256
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import unquote_plus

from hefu.dataplane.connectors.address import AddressPolicy, both, default_policy, nothing_more
from hefu.dataplane.connectors.bounds import ended_after, seconds_for
from hefu.dataplane.connectors.far import FarFile, found, is_whole, no_file, unfinished
from hefu.dataplane.connectors.s3.signing import REGION, path_of, query_of, signed
from hefu.dataplane.connectors.web import (
    ANSWER_SECONDS,
    Answer,
    WebServer,
    WebSession,
    blocks,
    body_of,
    headers_of,
    words_of,
)
from hefu.dataplane.errors import DataPlaneRefusal, SideLost, SideRefused
from hefu.kernel.clock import SystemClock
from hefu.kernel.words import Sentence, _

#: Most files of a folder that are listed, and most bytes of one page of a listing.
MOST_FILES, _MOST_LISTING = 100_000, 16 << 20
#: Pages of a listing at most: some may be empty, and a server that says of each that more come has no end.
_MOST_PAGES = 10_000
_NOTHING = sha256().hexdigest()
_CODE = re.compile(r"[A-Za-z0-9.]{1,60}")
#: What a store says when the same request may succeed later.
_LATER = frozenset({"InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown", "OperationAborted"})


@dataclass(frozen=True)
class S3Connection:
    """One bucket, or a folder in it; its repr never shows the secret key."""

    #: Of the store. One that begins with the bucket's name is spoken to as that bucket's own host.
    host: str
    port: int
    bucket: str
    #: Access key and secret key.
    user: str
    password: str = field(default="", repr=False)
    #: Beginning with `/`, which alone is the whole bucket.
    folder: str = "/"
    region: str = REGION
    #: As for `WebServer`.
    tls: str = "verify-full"
    #: What the store may not be, whatever the run's policy allows: a request of ours would be heard there.
    closed: AddressPolicy = field(default=nothing_more, repr=False, compare=False)

    @property
    def key(self) -> str:
        """What is the same for two connections to one folder."""
        return f"s3 {self.host}:{self.port}/{self.bucket}{self.folder}"

    @property
    def prefix(self) -> str:
        """Return what the keys of the folder's files begin with."""
        inner = self.folder.strip("/")
        return f"{inner}/" if inner else ""

    @property
    def server(self) -> WebServer:
        """Return the server."""
        return WebServer(self.host, self.port, self.tls)


class S3Session:
    """Requests to one store, each signed."""

    def __init__(self, connection: S3Connection, side: str, policy: AddressPolicy = default_policy) -> None:
        """Speak with the store, which is `side` in messages; the first request connects."""
        self.connection, self.side = connection, side
        self._web = WebSession(connection.server, side, both(policy, connection.closed))

    def files(self) -> list[FarFile]:
        """Return the files of the folder itself, without hidden ones and those that are still being written.

        Raises:
            AddressRefused, SideLost, SideRefused: The store cannot be reached or read, and why.
        """
        asked = {"list-type": "2", "delimiter": "/", "encoding-type": "url", "prefix": self.connection.prefix}
        listed: list[FarFile] = []
        for _page in range(_MOST_PAGES):
            answer = self.ask("GET", "", query=asked, most=_MOST_LISTING)
            page = self._xml(answer.body)
            listed += self._files_of(page)
            if len(listed) > MOST_FILES:
                break
            more = text_of(page, "NextContinuationToken")
            if text_of(page, "IsTruncated") != "true" or not more or more == asked.get("continuation-token"):
                return listed
            asked["continuation-token"] = more
        text = _("the folder holds more than {most} files; name a folder with fewer")
        raise SideRefused(self.side, Sentence(text, code="side.s3_files", most=MOST_FILES))

    def _files_of(self, page: ET.Element) -> Iterator[FarFile]:
        read = unquote_plus if text_of(page, "EncodingType") == "url" else str
        for one in page.findall("{*}Contents"):
            key = read(text_of(one, "Key"))
            name, size = key.removeprefix(self.connection.prefix), text_of(one, "Size")
            if key.startswith(self.connection.prefix) and is_whole(name) and size.isascii() and size.isdigit():
                yield FarFile(name, int(size), text_of(one, "ETag"), text_of(one, "LastModified"))

    def fetch(self, name: str, into: Path, passed: Callable[[int], None] = lambda _: None) -> None:
        """Copy a file of the folder into a file here; one that is replaced meanwhile is not taken.

        Args:
            name: A name as `files` lists it.
            into: The file to write.
            passed: Told the bytes as they arrive; may raise to end the copying.

        Raises:
            SideLost: The connection is gone, or too slow for the file's size, or the file was replaced.
            SideRefused: There is no such file to read.
        """
        self.take(found(self.files(), name, self.side, into), into, passed)

    def take(self, file: FarFile, into: Path, passed: Callable[[int], None] = lambda _: None) -> None:
        """Copy a file that is known already; one of another size, or another tag where it has one, is not taken.

        Raises:
            SideLost, SideRefused: As `fetch`.
        """
        name = file.name
        same = {"If-Match": file.version} if file.version else {}
        bound = ended_after(seconds_for(file.size), self.cut, self.side)
        with bound, self.asked("GET", name, headers=same) as answer, into.open("wb") as out:
            if headers_of(answer).get("content-length") != str(file.size):
                raise SideLost(self.side, unfinished(name))
            for block in blocks(answer, self.side, file.size):
                out.write(block)
                passed(len(block))

    @contextmanager
    def asked(
        self,
        method: str,
        name: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Iterator[HTTPResponse]:
        """Send a signed request and give the answer that grants it.

        Args:
            method: Such as GET.
            name: Of a file in the folder; empty for the bucket.
            query: Names and values.
            headers: Signed as well.
            body: Sent with it.

        Raises:
            AddressRefused, SideLost, SideRefused: The store cannot be reached or says no.
        """
        there = self.connection
        own_host = there.host.startswith(f"{there.bucket}.")
        path = path_of("" if own_host else there.bucket, there.prefix + name if name else "")
        told = signed(
            method,
            path,
            query or {},
            {"Host": there.server.named, **(headers or {})},
            payload=sha256(body).hexdigest() if body else _NOTHING,
            user=there.user,
            secret=there.password,
            region=there.region,
            at=SystemClock().now(),
        )
        target = f"{path}?{query_of(query)}" if query else path
        with self._web.asked(method, target, told, body) as answer:
            if not 200 <= answer.status < 300:
                raise refusal(answer.status, b"" if method == "HEAD" else words_of(answer), name, self.side)
            yield answer

    def ask(
        self,
        method: str,
        name: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        most: int = 1 << 20,
    ) -> Answer:
        """Send a signed request and return the whole answer that grants it.

        Raises:
            AddressRefused, SideLost, SideRefused: The store cannot be reached or says no.
        """
        # What is sent may be large and the line slow; what is asked for is small.
        bound = self._web.bounded(ANSWER_SECONDS) if method != "PUT" else nullcontext()
        with bound, self.asked(method, name, query=query, headers=headers, body=body) as answer:
            said = body_of(answer, self.side, most)
            # A store may find out after its "yes" that it could not do it.
            if method == "POST" and b"<Error" in said[:200]:
                raise refusal(500, said, name, self.side)
            return Answer(answer.status, headers_of(answer), said)

    def _xml(self, body: bytes) -> ET.Element:
        page = xml_of(body)
        if page is None:
            raise SideRefused(self.side, Sentence(_("it does not answer like an S3-compatible store"), code="side.s3"))
        return page

    def cancel(self) -> None:
        """End what is under way, from another thread."""
        self._web.cut()

    def cut(self) -> None:
        """End what is under way, from another thread."""
        self._web.cut()

    def close(self) -> None:
        """Close; may be called twice."""
        self._web.close()


def xml_of(body: bytes) -> ET.Element | None:
    """Return a small XML document; None for anything else, and for one with entities of its own."""
    try:
        text = body.decode()
        return None if "<!" in text else ET.fromstring(text)  # noqa: S314 - without "<!" nothing can be declared
    except (UnicodeDecodeError, ET.ParseError, ValueError):
        return None


def text_of(element: ET.Element, name: str) -> str:
    """Return the text of a child, empty when there is none."""
    return (element.findtext(f"{{*}}{name}") or "").strip()


def refusal(status: int, body: bytes, name: str, side: str) -> DataPlaneRefusal:
    """Return what a store's "no" means to people; of its words the code alone, the rest may hold keys."""
    page = xml_of(body)
    code = text_of(page, "Code") if page is not None else ""
    code = code if _CODE.fullmatch(code) else str(status)
    if code in _LATER or status in (429, 500, 502, 503, 504):
        return SideLost(side, Sentence(_("the store says {said}"), code="side.s3_later", said=code))
    if code in ("NoSuchKey",) or (status == 404 and name and code != "NoSuchBucket"):
        return no_file(name, side)
    if status == 412:
        return SideLost(side, unfinished(name))
    if code == "NoSuchBucket":
        return SideRefused(side, Sentence(_("there is no such bucket"), code="side.s3_bucket"))
    if code in ("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken"):
        text = _("the access key or its secret key is not right")
        return SideRefused(side, Sentence(text, code="side.s3_account"))
    if code == "RequestTimeTooSkewed":
        text = _("the clocks of the store and of this machine are more than a quarter of an hour apart")
        return SideRefused(side, Sentence(text, code="side.s3_clock"))
    if code == "AuthorizationHeaderMalformed" or 300 <= status < 400:
        text = _("the bucket is in another region or at another host; state those")
        return SideRefused(side, Sentence(text, code="side.s3_region"))
    text = _("the store says {said}")
    return SideRefused(side, Sentence(text, code="side.s3_denied", said=code))
