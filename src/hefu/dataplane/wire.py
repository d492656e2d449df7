"""The ticket's written form: compact JWS (RFC 7515) over canonical JSON, one algorithm, nothing optional.

Own code rather than a JOSE library: the private half stays inside a `Signer` (it may be a card), while
libraries want the key itself; and a reader that knows one header cannot be talked into another algorithm.
A test lets joserfc read what this writes.
"""

import base64
import json
import re
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from hefu.crypto.signing import PublicKey, Signer
from hefu.dataplane.errors import TicketRefused
from hefu.kernel.canonical import canonical
from hefu.kernel.words import Sentence, _

#: RFC 9864 name; `EdDSA` would leave the curve open.
ALGORITHM = "Ed25519"
TYPE = "hefu-ticket"
#: A ticket is a page or two; a larger token is not one.
LONGEST = 1 << 20

T = TypeVar("T")


def sign(claims: Mapping[str, Any], signer: Signer) -> str:
    """Return `claims` as a compact JWS; the header names the key by its fingerprint."""
    header = {"alg": ALGORITHM, "kid": signer.public.fingerprint, "typ": TYPE}
    signed = f"{_encode(canonical(header))}.{_encode(canonical(dict(claims)))}"
    return f"{signed}.{_encode(signer.sign(signed.encode('ascii')))}"


def verify(token: str, keys: Iterable[PublicKey]) -> dict[str, Any]:
    """Return the claims of a token that one of `keys` signed.

    Raises:
        TicketRefused: Malformed, unknown key or forged.
    """
    parts = token.split(".")
    if len(token) > LONGEST or len(parts) != 3:
        raise TicketRefused("malformed", Sentence(_("it is not a compact JWS"), code="ticket.form"))
    header, claims = _object(parts[0], "header"), _object(parts[1], "payload")
    if header.keys() != {"alg", "kid", "typ"} or header["alg"] != ALGORITHM or header["typ"] != TYPE:
        raise TicketRefused(
            "malformed",
            Sentence(
                _("its header is not {wanted} and a kid"), code="ticket.header", wanted=f"alg={ALGORITHM}, typ={TYPE}"
            ),
        )
    key = next((key for key in keys if key.fingerprint == header["kid"]), None)
    if key is None:
        raise TicketRefused(
            "unknown_key", Sentence(_("key {key} is not trusted here"), code="ticket.key", key=f"{header['kid']!s:.32}")
        )
    if not key.verify(_decode(parts[2], "signature"), f"{parts[0]}.{parts[1]}".encode("ascii")):
        raise TicketRefused("forged", Sentence(_("its signature does not match"), code="ticket.signature"))
    return claims


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _decode(text: str, part: str) -> bytes:
    # Strict: the alphabet is checked and the last bits must be zero, so one ticket has one spelling.
    if re.fullmatch(r"[A-Za-z0-9_-]+", text) and len(text) % 4 != 1:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if _encode(data) == text:
            return data
    raise TicketRefused("malformed", Sentence(_("its {part} is not base64url"), code="ticket.base64", part=part))


def _object(text: str, part: str) -> dict[str, Any]:
    try:
        value = json.loads(_decode(text, part), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise TicketRefused("malformed", Sentence(_("its {part} is not JSON"), code="ticket.json", part=part)) from None
    if not isinstance(value, dict):
        raise TicketRefused(
            "malformed", Sentence(_("its {part} is not a JSON object"), code="ticket.object", part=part)
        )
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice")
    return members


#: Registered claims (RFC 7519) that carry a field of ours under the name other readers look for.
CLAIMS = {"id": "jti", "issuer": "iss", "issued_at": "iat", "valid_from": "nbf", "valid_until": "exp"}


#: Metadata of a field that came later: it is written only when it says something, so that what was written before
#: keeps its form, and a reader who does not know it refuses what it limits or changes.
LATER = {"wire": "later"}


def _is_left_out(field: Field[Any], value: Any) -> bool:
    return field.metadata.get("wire") == "later" and value == field.default


def to_json(thing: Any) -> Any:
    """Return a frozen dataclass of tickets as plain JSON; a member of a union says which in `is`."""
    match thing:
        case None | str() | bool() | int():
            return thing.value if isinstance(thing, Enum) else thing
        case UUID():
            return str(thing)
        case datetime():
            return {"is": "instant" if thing.tzinfo else "timestamp", "value": thing.isoformat()}
        case date():
            return {"is": "date", "value": thing.isoformat()}
        case Decimal():
            return {"is": "decimal", "value": str(thing)}
        case tuple():
            return [to_json(part) for part in thing]
    body = {
        CLAIMS.get(field.name, field.name): to_json(value)
        for field in fields(thing)
        if not _is_left_out(field, value := getattr(thing, field.name))
    }
    for name in ("iat", "nbf", "exp"):
        if name in body:
            body[name] = int(datetime.fromisoformat(body[name]["value"]).timestamp())
    return {"is": kind(type(thing)), **body}


def kind(of: type) -> str:
    """Return the written name of a class: `date_trunc` for DateTrunc."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", of.__name__).lower()


def from_json(value: Any, expected: type[T]) -> T:
    """Return `value` as an `expected`; unknown and missing members are refused, since one may be a limit.

    Raises:
        TicketRefused: Malformed; says where.
    """
    result: T = _read(value, expected, "ticket")
    return result


def _read(value: Any, expected: Any, where: str) -> Any:
    origin = get_origin(expected)
    if origin in (Union, types.UnionType):
        return _read_union(value, get_args(expected), where)
    if origin is tuple:
        return tuple(_read(part, get_args(expected)[0], f"{where}[]") for part in _need(value, list, where))
    if origin is Literal:
        return value if value in get_args(expected) else _fail(where, value)
    if is_dataclass(expected):
        return _read_fields(value, expected, where)  # type: ignore[arg-type]
    if expected in (str, int, bool):
        return _need(value, expected, where)
    try:
        return _SCALARS[expected](value, where) if expected in _SCALARS else expected(_need(value, str, where))
    except (ValueError, InvalidOperation, OverflowError):
        return _fail(where, value)


def _read_union(value: Any, members: tuple[Any, ...], where: str) -> Any:
    if value is None:
        return None if type(None) in members else _fail(where, value)
    if not isinstance(value, dict):
        return value if type(value) in members else _fail(where, value)
    for member in members:
        if member in _KINDS and value.get("is") in _KINDS[member]:
            return _read(value, member, where)
        if is_dataclass(member) and value.get("is") == kind(member):  # type: ignore[arg-type]
            return _read(value, member, where)
    return _fail(where, value)


def _read_fields(value: Any, expected: type[Any], where: str) -> Any:
    body = _need(value, dict, where)
    hints = get_type_hints(expected)
    names = {CLAIMS.get(field.name, field.name): field for field in fields(expected)}
    later = {name for name, field in names.items() if field.metadata.get("wire") == "later"}
    missing = sorted(names.keys() - body.keys() - later)
    unknown = sorted(body.keys() - names.keys() - {"is"})
    if missing or unknown or body.get("is") != kind(expected):
        raise TicketRefused(
            "malformed",
            Sentence(
                _("{where} lacks {missing} or holds unknown {unknown}"),
                code="ticket.fields",
                where=where,
                missing=str(missing),
                unknown=str(unknown),
            ),
        )
    return expected(
        **{
            field.name: _read(body[name], hints[field.name], f"{where}.{name}")
            for name, field in names.items()
            if name in body
        }
    )


def _need(value: Any, expected: type[T], where: str) -> T:
    # bool is an int to Python, not to a ticket.
    if type(value) is not expected:
        _fail(where, value)
    result: T = value
    return result


def _fail(where: str, value: Any) -> Any:
    raise TicketRefused(
        "malformed", Sentence(_("{where} cannot be {value!r}"), code="ticket.value", where=where, value=str(value)[:40])
    )


def _instant(value: Any, where: str) -> datetime:
    if type(value) is int:
        return datetime.fromtimestamp(value, UTC)
    return datetime.fromisoformat(_tagged(value, ("instant", "timestamp"), where))


def _tagged(value: Any, kinds: tuple[str, ...], where: str) -> str:
    body = _need(value, dict, where)
    if body.keys() != {"is", "value"} or body["is"] not in kinds:
        _fail(where, value)
    return _need(body["value"], str, where)


_KINDS: dict[Any, tuple[str, ...]] = {
    datetime: ("instant", "timestamp"),
    date: ("date",),
    Decimal: ("decimal",),
}
_SCALARS: dict[Any, Callable[[Any, str], Any]] = {
    datetime: _instant,
    date: lambda value, where: date.fromisoformat(_tagged(value, ("date",), where)),
    Decimal: lambda value, where: Decimal(_tagged(value, ("decimal",), where)),
}
