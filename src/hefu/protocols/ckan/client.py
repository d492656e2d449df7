"""Reads every dataset of a CKAN site, page by page, as records that importing understands."""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from hefu.kernel.words import _
from hefu.protocols.ckan.errors import NotCkan, SiteSilent
from hefu.protocols.ckan.fetch import Bounds, Policy, get
from hefu.rooms.catalog.importing.source import SiteAsked

#: Datasets asked for at once; many sites give no more than a thousand.
PAGE = 500
#: Datasets of one site, far beyond any.
MOST = 2_000_000
#: Seconds between the tries at one page, before the site counts as silent; each a little more or less by chance.
TRIES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
#: Seconds that a site may ask us to wait.
LONGEST_WAIT = 60.0

#: Waits so many seconds; may raise where waiting is over.
Pause = Callable[[float], None]


@dataclass(frozen=True)
class Found:
    """One page of a site."""

    packages: list[dict[str, Any]]
    #: How many the page had, also what is no dataset: where the next page begins.
    count: int
    #: How many the site says there are.
    total: int


def packages(
    asked: SiteAsked,
    *,
    policy: Policy,
    bounds: Bounds = Bounds(),  # noqa: B008 - frozen
    pause: Pause | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield every dataset that is asked for once, oldest first, so that what is added meanwhile comes last.

    Args:
        asked: Which datasets of which site.
        policy: Which addresses may be reached.
        bounds: Of time and size.
        pause: Waits before another try; without it, the first failure is the last.

    Raises:
        AddressRefused, SiteSilent, NotCkan: As `page`.
    """
    seen: set[str] = set()
    start = 0
    while start < MOST:
        found = page(asked, start, policy=policy, bounds=bounds, pause=pause)
        fresh = 0
        for package in found.packages:
            mark = _text(package, "id", "name")
            if mark and mark not in seen:
                seen.add(mark)
                fresh += 1
                yield package
        if not fresh and (found.packages or not found.count):
            return  # the end, or a site that answers every page alike
        start += found.count


def page(asked: SiteAsked, start: int, *, policy: Policy, bounds: Bounds, pause: Pause | None = None) -> Found:
    """Return one page, tried again a few times where the site may answer a moment later.

    Raises:
        AddressRefused, SiteSilent, NotCkan: As `fetch.get`; also when an answer is not CKAN's.
    """
    asking = {"q": asked.words, "fq": f'organization:"{asked.organization}"' if asked.organization else ""}
    told = {name: text for name, text in asking.items() if text}
    query = urlencode(told | {"start": start, "rows": PAGE, "sort": "metadata_created asc, name asc"})
    address = f"{asked.site}/api/3/action/package_search?{query}"
    for wait in TRIES if pause else ():
        try:
            return _found(get(address, policy=policy, bounds=bounds), address)
        except (SiteSilent, NotCkan) as error:
            if not error.facts.get("passing"):
                raise
            longer = min(error.facts.get("wait") or 0, LONGEST_WAIT)
        assert pause is not None  # noqa: S101 - else there are no tries
        pause(max(longer, wait * random.uniform(0.8, 1.2)))  # noqa: S311 - no secret hangs on it
    return _found(get(address, policy=policy, bounds=bounds), address)


def _found(body: bytes, address: str) -> Found:
    try:
        told = json.loads(body)
        if told["success"] is not True:
            raise NotCkan(address=address, reason=str(told.get("error") or _("it says no"))[:300])
        found, total = told["result"]["results"], told["result"].get("count")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotCkan(address=address, reason=f"{type(error).__name__} {error}"[:300]) from error
    if not isinstance(found, list):
        raise NotCkan(address=address, reason=_("no list of datasets"))
    kept = [one for one in found if isinstance(one, dict)]
    return Found(kept, len(found), total if type(total) is int and 0 <= total <= MOST else 0)


def as_record(package: Mapping[str, Any], site: str) -> dict[str, Any]:
    """Return a dataset under the names that importing knows; what the site adds of its own stays under its names."""
    organization = _part(package, "organization")
    resources = [one for one in _parts(package, "resources") if isinstance(one, dict)]
    name = _text(package, "name", "id")
    extras = {
        str(one["key"]): one["value"]
        for one in _parts(package, "extras")
        if isinstance(one, dict) and one.get("key") and isinstance(one.get("value"), str | int | float)
    }
    told = {
        "title": _text(package, "title") or name,
        "notes": _text(package, "notes"),
        "organization": _text(organization, "title", "name") or _text(package, "author"),
        "identifier": _text(package, "id") or name,
        "tags": _names(_parts(package, "tags"), "display_name", "name"),
        "theme": next(iter(_names(_parts(package, "groups"), "title", "display_name", "name")), ""),
        "format": list(dict.fromkeys(_text(one, "format").lower() for one in resources if _text(one, "format"))),
        "license": _text(package, "license_title"),
        "issued": _text(package, "metadata_created"),
        "modified": _text(package, "metadata_modified"),
        "email": _text(package, "maintainer_email", "author_email"),
        "url": f"{site.rstrip('/')}/dataset/{name}",
    }
    return {name: value for name, value in extras.items() if name not in told} | told


# A site may answer anything under any name; what is of no kind that CKAN has there counts as not said.


def _part(package: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = package.get(name)
    return found if isinstance(found, dict) else {}


def _parts(package: Mapping[str, Any], name: str) -> list[Any]:
    found = package.get(name)
    return found if isinstance(found, list) else []


def _text(told: Mapping[str, Any], *keys: str) -> str:
    """Return the first of these that is a text or a number and not empty."""
    found = (told.get(key) for key in keys)
    return next((str(one) for one in found if one and isinstance(one, str | int | float)), "")


def _names(told: list[Any], *keys: str) -> list[str]:
    found = [one if isinstance(one, str) else _text(one, *keys) for one in told if isinstance(one, str | dict)]
    return [name for name in found if name]


def document(
    asked: SiteAsked,
    *,
    policy: Policy,
    bounds: Bounds = Bounds(),  # noqa: B008 - frozen
    pause: Pause | None = None,
) -> bytes:
    """Return a whole site as one JSON file for importing.

    Raises:
        AddressRefused, SiteSilent, NotCkan: As `packages`.
    """
    found = packages(asked, policy=policy, bounds=bounds, pause=pause)
    return json.dumps([as_record(package, asked.site) for package in found], ensure_ascii=False).encode()
