"""Which addresses connectors may reach; asked for every address behind a name, right before connecting to it."""

import contextlib
import ipaddress
import socket
from collections.abc import Callable

from hefu.dataplane.errors import AddressRefused, SideLost
from hefu.kernel.words import Sentence, _

#: Decides whether a host (as typed), one address it resolves to, and a port may be reached; returns why not.
AddressPolicy = Callable[[str, str, int], str | None]

#: Addresses that clouds answer with credentials; link-local ranges are refused as ranges.
METADATA = frozenset({"100.100.100.200", "fd00:ec2::254", "192.0.0.192"})
#: Addresses whose last 32 bits are one of IPv4: behind a translator, everybody's or an office's own, or of old ways.
_CARRYING = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96", "::/96")))
#: Addresses that no machine has: of documents, and of what is thrown away.
_NOBODY = {4: ipaddress.IPv4Address("192.0.2.1"), 6: ipaddress.IPv6Address("100::1")}


def default_policy(host: str, address: str, port: int) -> str | None:
    """Refuse link-local, metadata, multicast and unspecified addresses; allow the rest.

    Offices are full of private networks, so those are allowed here; an operator narrows it further.
    """
    if not address:
        return None
    ip = reached(address)
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or str(ip) in METADATA:
        return "link-local, metadata, multicast and unspecified addresses are closed to connectors"
    return None


def nothing_more(host: str, address: str, port: int) -> str | None:
    """Refuse nothing beside what the run's own policy refuses."""
    return None


def both(one: AddressPolicy, other: AddressPolicy) -> AddressPolicy:
    """Return the policy that refuses what either does."""
    return lambda host, address, port: one(host, address, port) or other(host, address, port)


def reached(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return the machine that an address reaches: an address of IPv4 that is written or carried as IPv6, as itself.

    Source: RFC 4291 section 2.5.5 (mapped, compatible), RFC 6052 section 2.1, RFC 8215 and RFC 2765 section 2.1
    (translated), RFC 3056 section 2 (6to4).
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip.is_loopback or ip.is_unspecified:
        return ip
    carried = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF) if any(ip in one for one in _CARRYING) else None
    return ip.ipv4_mapped or carried or ip.sixtofour or ip


def is_here(address: str) -> bool:
    """Return whether an address is one of this machine's own, on whatever interface it stands."""
    ip = reached(address)
    if ip.is_loopback or ip.is_unspecified:
        return True
    # Some machines let programs bind to any address: there the kernel is asked from where it would speak to it.
    anywhere = (
        _binds(ipaddress.IPv4Address("192.0.2.1")) if ip.version == 4 else _binds(ipaddress.IPv6Address("100::1"))
    )
    if not anywhere:
        return _binds(ip)
    with _a_socket(ip) as asking, contextlib.suppress(OSError):
        asking.connect((str(ip), 9))  # a datagram's socket: nothing is sent
        return ipaddress.ip_address(asking.getsockname()[0]) == ip
    return False


def _a_socket(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> socket.socket:
    return socket.socket(socket.AF_INET if ip.version == 4 else socket.AF_INET6, socket.SOCK_DGRAM)


def _binds(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Return whether a socket may stand at an address, which as a rule only one of this machine's own lets it."""
    try:
        with _a_socket(ip) as standing:
            standing.bind((str(ip), 0))
    except OSError:
        return False
    return True


def allowed_address(host: str, port: int, policy: AddressPolicy = default_policy) -> str:
    """Return the address to connect to, checked, so that a name cannot resolve elsewhere afterwards.

    Raises:
        AddressRefused: The policy says no to the host or to any address behind it.
        SideLost: The name does not resolve.
    """
    addresses = _addresses(host, port)
    for address in addresses:
        reason = policy(host, address, port)
        if reason:
            raise AddressRefused(host=host, port=port, detail=reason)
    return addresses[0]


def _addresses(host: str, port: int) -> list[str]:
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise SideLost(
            "named",
            Sentence(
                _("the name {host} does not resolve ({error})"),
                code="side.unresolved",
                host=host,
                error=str(error.strerror),
            ),
        ) from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def open_socket(host: str, port: int, policy: AddressPolicy, seconds: float) -> socket.socket:
    """Return a connected socket to an allowed address, with the time limits that notice a dead peer.

    Raises:
        AddressRefused: The policy says no.
        SideLost: The name does not resolve.
        OSError: Nobody answers there.
    """
    made = socket.create_connection((allowed_address(host, port, policy), port), timeout=seconds)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", 20_000)):
        if hasattr(socket, option):
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    return made
