"""Decisions on places and columns: pure functions over frozen facts."""

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from uuid import UUID

from hefu.dataplane.connectors.address import reached
from hefu.dataplane.connectors.interface.stated import Misstated, read
from hefu.dataplane.connectors.s3.signing import REGION_FORM
from hefu.kernel.words import _
from hefu.rooms.resources.terms import (
    DATABASES,
    LONGEST,
    WEB,
    Agreement,
    Allowed,
    ColumnSide,
    ColumnVerdict,
    ItemSide,
    PlaceFacts,
    PlaceKind,
)

_NEEDED = _("This is needed.")

#: What each item type can be held by, as PostgreSQL names types without their modifiers.
_TEXT = frozenset(
    {"text", "character varying", "character", "bpchar", "uuid", "citext", "name", "json", "jsonb", "xml", "interval"}
)
_WHOLE = frozenset({"smallint", "integer", "bigint"})
_NUMBER = _WHOLE | {"numeric", "real", "double precision"}
_HOLDS: dict[str, frozenset[str]] = {
    "C": _TEXT,
    "M": _TEXT,
    "N": _NUMBER,
    "Y": _NUMBER | {"money"},
    "I": _WHOLE,
    "B": _NUMBER,
    "F": _NUMBER,
    "D": frozenset({"date"}),
    "T": frozenset({"timestamp without time zone", "timestamp with time zone"}),
    "L": frozenset({"boolean"}),
    "G": frozenset({"bytea"}),
}


#: What has to be stated of a place that is reached over the network.
_NEEDS = {
    PlaceKind.POSTGRES: ("host", "dbname", "username", "schema"),
    PlaceKind.MYSQL: ("host", "dbname", "username"),
    PlaceKind.ORACLE: ("host", "dbname", "username"),
    PlaceKind.DAMENG: ("host", "dbname", "username"),
    PlaceKind.SFTP: ("host", "username", "folder", "host_key"),
    PlaceKind.S3: ("host", "dbname", "username"),
    PlaceKind.HTTP: ("host", "interface"),
}
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PLAIN = re.compile(r"[!-~]*")
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


def place_faults(facts: PlaceFacts) -> dict[str, str]:
    """Return what is wrong in form with a source or target: field → sentence."""
    found: dict[str, str] = {}
    if not facts.name.strip():
        found["name"] = _NEEDED
    if facts.kind is not PlaceKind.FOLDER:
        needed = _NEEDS[facts.kind]
        found |= {field: _NEEDED for field in needed if not getattr(facts, field)}
        if not 1 <= facts.port <= 65535:
            found["port"] = _("A port is a number from 1 to 65535.")
        if re.search(r"[\s,]", facts.host):
            found["host"] = _("One host, without spaces or commas.")
        if facts.kind is not PlaceKind.POSTGRES and facts.host.startswith("/"):
            found["host"] = _("One host, without spaces or commas.")
    if facts.kind is PlaceKind.SFTP and facts.host_key and not _FINGERPRINT.fullmatch(facts.host_key):
        found["host_key"] = _("A fingerprint such as ssh-keygen -l prints it: SHA256: and 43 signs.")
    if facts.kind in WEB:
        found |= _web_faults(facts)
    if facts.kind is PlaceKind.HTTP:
        found |= _interface_faults(facts.interface)
    elif facts.kind not in DATABASES:
        found |= _folder_faults(facts.folder)
    for field, longest in LONGEST.items():
        text: str = getattr(facts, field)
        if len(text) > longest or "\x00" in text:
            found[field] = _("This is too long, or has a character that no name has.")
    return found


def _folder_faults(folder: str) -> dict[str, str]:
    if not folder:
        return {"folder": _NEEDED}
    if not PurePosixPath(folder).is_absolute() or ".." in PurePosixPath(folder).parts:
        return {"folder": _("Give the folder in full, beginning with / and without ..")}
    return {}


def _interface_faults(text: str) -> dict[str, str]:
    try:
        if text:
            read(text)
    except Misstated as misstated:
        return {"interface": misstated.why}
    return {}


def _web_faults(facts: PlaceFacts) -> dict[str, str]:
    found: dict[str, str] = {}
    if not _PLAIN.fullmatch(facts.host):
        found["host"] = _("One host in Latin letters, as servers know it, or an address.")
    if not _PLAIN.fullmatch(facts.username):
        found["username"] = _("An access key has Latin letters, digits and signs alone.")
    if facts.dbname and not _BUCKET.fullmatch(facts.dbname):
        found["dbname"] = _("A bucket's name has 3 to 63 small letters, digits, dots and hyphens.")
    if facts.region and not REGION_FORM.fullmatch(facts.region):
        found["region"] = _("A region has small letters, digits and hyphens.")
    return found


def allowance_fault(kind: str, pattern: str) -> str:
    """Return what is wrong with an operator's allowance; empty when it is well formed."""
    if len(pattern) > 500:
        return _("This is too long, or has a character that no name has.")
    if kind == "network":
        try:
            ipaddress.ip_network(pattern)
        except ValueError:
            return _("An address or a network such as 10.20.0.0/16.")
    elif kind == "host":
        if not re.fullmatch(r"(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?", pattern):
            return _("A host name in small letters, or *.domain for all below it.")
    elif not PurePosixPath(pattern).is_absolute() or ".." in PurePosixPath(pattern).parts or pattern == "/":
        return _("Give the folder in full, beginning with / and without ..")
    return ""


def host_refusal(host: str, address: str, allowed: Allowed) -> str | None:
    """Return why connectors may not reach `address` behind `host`, or None when they may.

    Without any allowance for networks or hosts, private and loopback addresses are open: offices are
    full of them, and the internet is not where government data lies. With one, only what is named.

    Args:
        host: As typed.
        address: One address it resolves to.
        allowed: The operator's list.
    """
    ip = reached(address)
    if not allowed.networks and not allowed.hosts:
        return None if ip.is_private or ip.is_loopback else _("a public address, and none is allowed yet")
    name = host.casefold().rstrip(".")
    for pattern in allowed.hosts:
        if name == pattern or (pattern.startswith("*.") and name.endswith(pattern[1:])):
            return None
    if any(ip in ipaddress.ip_network(network) for network in allowed.networks):
        return None
    return _("not in the list of allowed hosts and networks")


def own_machine_refusal(host: str, address: str, allowed: Allowed, *, here: bool) -> str | None:
    """Return why a web site on this machine itself may not be read, or None when it is elsewhere, or named.

    Args:
        host: As typed.
        address: One address it resolves to.
        allowed: The operator's list.
        here: Whether the address is one of this machine's, by whatever interface.
    """
    if not here and not reached(address).is_loopback:
        return None
    # Whoever keeps the names of a domain may point one of them here: only a name in full is this machine's.
    named = replace(allowed, hosts=tuple(one for one in allowed.hosts if not one.startswith("*.")))
    if not named.networks and not named.hosts:
        return _("this machine itself, and nobody has allowed that")
    return host_refusal(host, address, named)


def folder_refusal(folder: str, roots: Sequence[str]) -> str | None:
    """Return why a folder, links resolved, may not be read or written, or None when it may."""
    path = PurePosixPath(folder)
    if any(path == PurePosixPath(root) or PurePosixPath(root) in path.parents for root in roots):
        return None
    return _("outside the allowed folders")


def propose_columns(items: Sequence[ItemSide], columns: Sequence[ColumnSide]) -> dict[UUID, str]:
    """Return item → column by name, for a person to confirm. A column is given to one item.

    Tried in turn for all items: the same code; the same code but for case and signs; the column's
    comment is the item's name; the column's name is the item's name.
    """
    tests: tuple[Callable[[ItemSide, ColumnSide], bool], ...] = (
        lambda item, column: item.code == column.name,
        lambda item, column: _bare(item.code) == _bare(column.name) != "",
        lambda item, column: _bare(item.name) == _bare(column.comment) != "",
        lambda item, column: _bare(item.name) == _bare(column.name) != "",
    )
    made: dict[UUID, str] = {}
    free = {column.name: column for column in columns}
    for test in tests:
        for item in items:
            if item.id in made:
                continue
            found = next((column for column in free.values() if test(item, column)), None)
            if found:
                made[item.id] = found.name
                del free[found.name]
    return made


def _bare(name: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKC", name).casefold() if sign.isalnum())


def compare(
    items: Sequence[ItemSide], columns: Sequence[ColumnSide], held_in: Mapping[UUID, str]
) -> tuple[Agreement, ...]:
    """Return how an entry's items and its table's columns agree: items in their order, then what is left over.

    Args:
        items: Of the entry.
        columns: Of the table now.
        held_in: Item → column, as mounted.
    """
    there = {column.name: column for column in columns}
    found = []
    for item in items:
        column = there.get(held_in.get(item.id, ""))
        verdict = ColumnVerdict.MISSING
        if column:
            verdict = ColumnVerdict.SAME if holds(column.type, item.type) else ColumnVerdict.TYPE_DIFFERS
        found.append(
            Agreement(
                verdict,
                item.id,
                item.name,
                item.type,
                column.name if column else held_in.get(item.id, ""),
                column.type if column else "",
            )
        )
    spoken_of = {held_in[item.id] for item in items if item.id in held_in}
    found += [
        Agreement(ColumnVerdict.NOT_CATALOGUED, column=column.name, column_type=column.type)
        for column in columns
        if column.name not in spoken_of
    ]
    return tuple(found)


def holds(column_type: str, item_type: str) -> bool:
    """Return whether a column of `column_type` can hold what the item is said to be.

    A side that does not state its type (a text file, an unfinished item) contradicts nothing.
    """
    if not column_type or not item_type:
        return True
    bare = re.sub(r"\s*\([^)]*\)", "", column_type.casefold()).strip()
    return bare in _HOLDS[item_type]


def rule_faults(named: Iterable[str], columns: Iterable[str]) -> str:
    """Return which columns the rules name that the table does not have, as one text; empty when none."""
    return ", ".join(sorted(set(named) - set(columns)))
