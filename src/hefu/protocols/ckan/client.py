"""Reads every dataset of a CKAN site, page by page, as records that importing understands."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from hefu.protocols.ckan.errors import NotCkan
from hefu.protocols.ckan.fetch import Bounds, Policy, get

#: Datasets asked for at once; many sites give no more than a thousand.
PAGE = 500
#: Datasets of one site, far beyond any.
MOST = 2_000_000


def packages(site: str, *, policy: Policy, bounds: Bounds = Bounds()) -> Iterator[dict[str, Any]]:  # noqa: B008 - frozen
    """Yield every dataset of a site once, oldest first, so that what is added meanwhile comes last.

    Args:
        site: Address of the site, before `/api`.
        policy: Which addresses may be reached.
        bounds: Of time and size.

    Raises:
        AddressRefused, SiteSilent, NotCkan: As `fetch.get`; also when an answer is not CKAN's.
    """
    seen: set[str] = set()
    start = 0
    while start < MOST:
        query = urlencode({"start": start, "rows": PAGE, "sort": "metadata_created asc, name asc"})
        address = f"{site.rstrip('/')}/api/3/action/package_search?{query}"
        found = _results(get(address, policy=policy, bounds=bounds), address)
        for package in found:
            mark = str(package.get("id") or package.get("name") or "")
            if mark and mark not in seen:
                seen.add(mark)
                yield package
        if not found:
            return
        start += len(found)


def _results(body: bytes, address: str) -> list[dict[str, Any]]:
    try:
        told = json.loads(body)
        if told["success"] is not True:
            raise NotCkan(address=address, reason=str(told.get("error") or "it says no")[:300])
        found = told["result"]["results"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotCkan(address=address, reason=f"{type(error).__name__} {error}"[:300]) from error
    if not isinstance(found, list):
        raise NotCkan(address=address, reason="no list of datasets")
    return [one for one in found if isinstance(one, dict)]


def as_record(package: Mapping[str, Any], site: str) -> dict[str, Any]:
    """Return a dataset under the names that importing knows; what the site adds of its own stays under its names."""
    organization = _part(package, "organization")
    resources = [one for one in package.get("resources") or [] if isinstance(one, dict)]
    name = str(package.get("name") or package.get("id") or "")
    extras = {
        str(one["key"]): one["value"]
        for one in package.get("extras") or []
        if isinstance(one, dict) and one.get("key") and isinstance(one.get("value"), str | int | float)
    }
    told = {
        "title": package.get("title") or name,
        "notes": package.get("notes") or "",
        "organization": organization.get("title") or organization.get("name") or package.get("author") or "",
        "identifier": package.get("id") or name,
        "tags": _names(package.get("tags"), "display_name", "name"),
        "theme": next(iter(_names(package.get("groups"), "title", "display_name", "name")), ""),
        "format": list(dict.fromkeys(str(one["format"]).lower() for one in resources if one.get("format"))),
        "license": package.get("license_title") or "",
        "issued": package.get("metadata_created") or "",
        "modified": package.get("metadata_modified") or "",
        "email": package.get("maintainer_email") or package.get("author_email") or "",
        "url": f"{site.rstrip('/')}/dataset/{name}",
    }
    return {name: value for name, value in extras.items() if name not in told} | told


def _part(package: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = package.get(name)
    return found if isinstance(found, dict) else {}


def _names(told: Any, *keys: str) -> list[str]:
    found = []
    for one in told if isinstance(told, list) else []:
        name = one if isinstance(one, str) else next((one[key] for key in keys if one.get(key)), "")
        if name:
            found.append(str(name))
    return found


def document(site: str, *, policy: Policy, bounds: Bounds = Bounds()) -> bytes:  # noqa: B008 - frozen
    """Return a whole site as one JSON file for importing.

    Raises:
        AddressRefused, SiteSilent, NotCkan: As `packages`.
    """
    records = [as_record(package, site) for package in packages(site, policy=policy, bounds=bounds)]
    return json.dumps(records, ensure_ascii=False).encode()
