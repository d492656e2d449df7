"""Whose sheet a file is: known again by its department and by the names of its columns, or by the site it is of."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from hefu.kernel.hashing import digest
from hefu.kernel.refusal import InputsRejected
from hefu.kernel.words import _
from hefu.rooms.catalog.importing.names import bare

#: What people paste behind a site's own address: its pages and its interface.
_PAGES = re.compile(r"/(?:(?:[a-z]{2}(?:[-_][A-Za-z]{2,4}){0,2}/)?(?:dataset|organization|group)s?|api)(?:/.*)?$")
#: How a site names its organizations.
_ORGANIZATION = re.compile(r"[\w.-]{1,100}")
#: Signs of an address.
_LONGEST = 500


@dataclass(frozen=True)
class SiteAsked:
    """Which datasets of another site are wanted."""

    #: Its address, before `/api`, without a stroke at the end.
    site: str
    #: Name of one of its organizations; empty for all.
    organization: str = ""
    #: Words that the datasets have; empty for all.
    words: str = ""


def source_of(department_id: UUID | None, columns: Iterable[str]) -> str:
    """Return the digest of a department's layout; order and decorations of the columns do not count."""
    return digest([str(department_id or ""), sorted({bare(column) or column for column in columns})])


def site_source(department_id: UUID | None, asked: SiteAsked) -> str:
    """Return the digest of what a department fetches: the same again is the same source, whatever fields it has."""
    return digest([str(department_id or ""), "site", asked.site, asked.organization, asked.words])


def site_asked(site: str, organization: str = "", words: str = "") -> SiteAsked:
    """Return what is asked of a site, its address as short as it can be.

    >>> site_asked(" HTTPS://Data.Example.org/zh/dataset?q=x ")
    SiteAsked(site='https://data.example.org', organization='', words='')

    Raises:
        InputsRejected: No web address, one with a name or password in it, or no name of an organization.
    """
    problems = {}
    address = ""
    try:
        parts = urlsplit(site.strip())
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname or len(site) > _LONGEST:
            raise ValueError
        if parts.port == 0 or re.search(r"[\x00-\x20\x7f\\]", site.strip()):
            raise ValueError
        if parts.username is not None or parts.password is not None:
            problems["site"] = _("Leave name and password out of the address: only what is open to all is fetched.")
        path = _PAGES.sub("", parts.path.rstrip("/")).rstrip("/")
        address = urlunsplit((parts.scheme.lower(), parts.netloc.lower(), path, "", ""))
    except ValueError:
        problems["site"] = _("The address of the site, such as https://data.example.org")
    organization, words = organization.strip(), " ".join(words.split())
    if organization and not _ORGANIZATION.fullmatch(organization):
        problems["organization"] = _("The organization as the site's own addresses name it: letters, digits, strokes.")
    if len(words) > 200 or "\x00" in words:
        problems["words"] = _("At most 200 signs.")
    if problems:
        raise InputsRejected(problems=problems)
    return SiteAsked(address, organization, words)
