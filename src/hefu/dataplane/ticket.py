"""The grant as a signed token: all that crosses from the control plane to the data plane."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from hefu.crypto.signing import PublicKey, Signer
from hefu.dataplane import wire
from hefu.dataplane.checks import Check, columns_of
from hefu.dataplane.errors import TicketRefused
from hefu.dataplane.filters import EVERY_ROW, RowFilter
from hefu.dataplane.masks import Mask, looks_at
from hefu.kernel.citation import Citation
from hefu.kernel.words import Sentence, _


class Channel(StrEnum):
    """How the rows arrive."""

    #: 库表: in a table of the consumer's database.
    TABLE = "table"
    #: 文件: as a file.
    FILE = "file"


class ResourceKind(StrEnum):
    """What the rows are read from."""

    POSTGRES_TABLE = "postgres_table"
    MYSQL_TABLE = "mysql_table"
    FILE_FOLDER = "file_folder"
    SFTP_FOLDER = "sftp_folder"
    S3_FOLDER = "s3_folder"
    HTTP_INTERFACE = "http_interface"
    ORACLE_TABLE = "oracle_table"
    DAMENG_TABLE = "dameng_table"
    #: A library of the node's lake.
    LAKE_TABLE = "lake_table"


@dataclass(frozen=True)
class Party:
    """A department on one side of the grant."""

    #: Unified social credit code.
    credit_code: str
    name: str


@dataclass(frozen=True)
class ResourceRef:
    """The one table or file set that the grant opens."""

    #: Id of the source in the provider's node.
    source: str
    kind: ResourceKind
    #: Schema of the table; empty for a folder.
    schema: str
    #: Table, or the file name (pattern) within the folder.
    table: str


@dataclass(frozen=True)
class TargetRef:
    """The one table that the grant fills."""

    #: Id of the place in the consumer's node; its address and schema are the consumer's own to keep.
    place: str
    table: str


@dataclass(frozen=True)
class Item:
    """One granted column: what it is called there, what it is called here, what is hidden of it."""

    column: str
    #: Name in the consumer's table.
    name: str
    #: Type the catalogue promises, such as `text`, `date`, `numeric(12,2)`; empty takes the source's type.
    type: str = ""
    mask: Mask | None = None


@dataclass(frozen=True)
class Quota:
    """How much may leave under the ticket in one delivery."""

    rows: int


@dataclass(frozen=True)
class Ticket:
    """A grant, complete enough to deliver by it with nothing else at hand."""

    id: UUID
    #: Which ticket of its grant it is, from 1: each change of the grant signs the next one.
    serial: int
    #: Public number of the grant, and of the request it answers.
    grant: str
    request: str
    #: Name of the node that issued it, and the office that answers for it.
    node: str
    issuer: str
    provider: Party
    consumer: Party
    #: Code of the catalogue entry.
    entry: str
    resource: ResourceRef
    items: tuple[Item, ...]
    #: Source columns that name a row; the digest of both sides is taken over their delivered values.
    key: tuple[str, ...]
    channel: Channel
    purpose: str
    basis: tuple[Citation, ...]
    issued_at: datetime
    #: First instant it holds, and the first at which it holds no more.
    valid_from: datetime
    valid_until: datetime
    #: Where the rows go; nothing for the file channel, whose file the consumer fetches.
    target: TargetRef | None = None
    filter: RowFilter = EVERY_ROW
    checks: tuple[Check, ...] = ()
    quota: Quota | None = None

    def __post_init__(self) -> None:
        """Bring the instants to whole seconds of UTC, as the written form has them."""
        for name in ("issued_at", "valid_from", "valid_until"):
            instant: datetime = getattr(self, name)
            object.__setattr__(self, name, instant.astimezone(UTC).replace(microsecond=0))

    @property
    def columns_besides(self) -> tuple[str, ...]:
        """Return the source columns that filter, checks and masks look at besides the items' own."""
        checked = (name for check in self.checks for name in columns_of(check))
        masked = (name for item in self.items for name in looks_at(item.mask))
        return (*self.filter.columns, *checked, *masked)


def sign_ticket(ticket: Ticket, signer: Signer) -> str:
    """Return `ticket` as a compact JWS signed by `signer`."""
    return wire.sign(wire.to_json(ticket), signer)


def read_ticket(token: str, keys: Iterable[PublicKey], at: datetime, revoked: Collection[UUID] = frozenset()) -> Ticket:
    """Return the ticket in `token` when it is genuine and holds at the instant `at`.

    Args:
        token: Compact JWS.
        keys: Keys of the issuers that are trusted here.
        at: The current instant, aware.
        revoked: Ids of tickets that hold no more.

    Raises:
        TicketRefused: Malformed, signed by an unknown key, forged, not yet valid, expired or revoked.
    """
    ticket = wire.from_json(wire.verify(token, keys), Ticket)
    now = at.astimezone(UTC)
    if now < ticket.valid_from:
        text = _("it holds from {moment}")
        raise TicketRefused("not_yet_valid", Sentence(text, code="ticket.early", moment=ticket.valid_from.isoformat()))
    if now >= ticket.valid_until:
        raise TicketRefused("expired", held_until(ticket))
    if ticket.id in revoked:
        text = _("grant {grant} was revoked")
        raise TicketRefused("revoked", Sentence(text, code="ticket.revoked", grant=ticket.grant))
    return ticket


def held_until(ticket: Ticket) -> Sentence:
    """Return until when a ticket held that holds no more."""
    return Sentence(_("it held until {moment}"), code="ticket.late", moment=ticket.valid_until.isoformat())
