"""The words of resources.

A *source* is where a provider's data is read, a *target* where a consumer's copy is written; both are
*places*. A *resource* is the real thing an entry is mounted on: one table or file set of a source,
with a column for each item. Entry → resource → system is the link that auditors look for.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hefu.kernel.citation import Citation
from hefu.kernel.words import _
from hefu.rooms.evidence.terms import Kind

#: Entries are tied to real data and kept so.
ART_17 = Citation("decree-809", "17", "政务数据共享条例")
#: Providers keep their sharing services running and their data right.
ART_22 = Citation("decree-809", "22", "政务数据共享条例")


class Network(StrEnum):
    """部署网络: the network that an information system stands in."""

    EXTRANET = "extranet"
    INTERNET = "internet"
    DEDICATED = "dedicated"
    OTHER = "other"


NETWORK_NAMES = {
    Network.EXTRANET: _("government extranet"),
    Network.INTERNET: _("internet"),
    Network.DEDICATED: _("dedicated business network"),
    Network.OTHER: _("other network"),
}


class PlaceKind(StrEnum):
    """What stands at the other end of a source or target."""

    POSTGRES = "postgres"
    MYSQL = "mysql"
    FOLDER = "folder"
    SFTP = "sftp"
    S3 = "s3"
    HTTP = "http"
    ORACLE = "oracle"
    DAMENG = "dameng"
    #: A library of this node's own lake; registered when its keeper catalogues it, never by hand.
    LAKE = "lake"


PLACE_KIND_NAMES = {
    PlaceKind.POSTGRES: _("PostgreSQL database"),
    PlaceKind.MYSQL: _("MySQL or MariaDB database"),
    PlaceKind.FOLDER: _("folder of files"),
    PlaceKind.SFTP: _("files on an SFTP server"),
    PlaceKind.S3: _("files in an S3-compatible store"),
    PlaceKind.HTTP: _("interfaces over HTTP"),
    PlaceKind.ORACLE: _("Oracle database"),
    PlaceKind.DAMENG: _("Dameng database"),
    PlaceKind.LAKE: _("library of this node"),
}
#: What a person may register.
STATED_KINDS = tuple(kind for kind in PlaceKind if kind is not PlaceKind.LAKE)
#: Where tables are read; in the first two they can arrive as well.
DATABASES = (PlaceKind.POSTGRES, PlaceKind.MYSQL, PlaceKind.ORACLE, PlaceKind.DAMENG)
#: What is read and never delivered to.
READ_ALONE = (PlaceKind.HTTP, PlaceKind.ORACLE, PlaceKind.DAMENG)
#: Where files lie on a server.
FILE_SERVERS = (PlaceKind.SFTP, PlaceKind.S3)
#: What is reached by HTTP: encrypted, or not; nothing is tried in turn.
WEB = (PlaceKind.S3, PlaceKind.HTTP)
#: Port that a server of the kind listens on when nobody says otherwise.
PORTS = {
    PlaceKind.POSTGRES: 5432,
    PlaceKind.MYSQL: 3306,
    PlaceKind.SFTP: 22,
    PlaceKind.S3: 443,
    PlaceKind.HTTP: 443,
    PlaceKind.ORACLE: 1521,
    PlaceKind.DAMENG: 5236,
}


class TlsMode(StrEnum):
    """How a database connection is encrypted, in libpq's words; they mean the same for every kind of database."""

    DISABLE = "disable"
    PREFER = "prefer"
    REQUIRE = "require"
    VERIFY_CA = "verify-ca"
    VERIFY_FULL = "verify-full"


class Encoding(StrEnum):
    """How a folder's text files are written."""

    UTF_8 = "utf-8"
    GB18030 = "gb18030"


class AllowanceKind(StrEnum):
    """What an operator's allowance opens to connectors."""

    #: An address or a network, such as 10.20.0.0/16.
    NETWORK = "network"
    #: A host name, or all below a domain: *.example.gov.cn.
    HOST = "host"
    #: A folder and all below it.
    FOLDER = "folder"


class ColumnVerdict(StrEnum):
    """How an item of an entry and a column of its table agree."""

    SAME = "same"
    #: The item has no column, or its column is not in the table.
    MISSING = "missing"
    #: The column cannot hold what the item is said to be.
    TYPE_DIFFERS = "type_differs"
    #: The table has a column that no item speaks of.
    NOT_CATALOGUED = "not_catalogued"


COLUMN_VERDICT_NAMES = {
    ColumnVerdict.SAME: _("agrees"),
    ColumnVerdict.MISSING: _("column missing"),
    ColumnVerdict.TYPE_DIFFERS: _("type differs"),
    ColumnVerdict.NOT_CATALOGUED: _("column not catalogued"),
}


@dataclass(frozen=True)
class ItemSide:
    """An item as a comparison sees it."""

    id: UUID
    name: str
    code: str
    #: One letter of the guide, or empty.
    type: str


@dataclass(frozen=True)
class ColumnSide:
    """A column as a comparison sees it."""

    name: str
    #: As the database writes it; empty when a file says nothing about types.
    type: str
    comment: str = ""
    nullable: bool = True


@dataclass(frozen=True)
class Agreement:
    """One line of the comparison of an entry and its table."""

    verdict: ColumnVerdict
    item_id: UUID | None = None
    item_name: str = ""
    item_type: str = ""
    column: str = ""
    column_type: str = ""


@dataclass(frozen=True)
class PlaceFacts:
    """What a person states of a source or target; the password goes beside it, never in it."""

    name: str
    kind: PlaceKind
    host: str = ""
    port: int = 5432
    #: Name of a database, or of a bucket.
    dbname: str = ""
    #: Account, or access key.
    username: str = ""
    tls: TlsMode = TlsMode.PREFER
    #: Schema that a target's tables are written into; PostgreSQL alone has one beside the database.
    schema: str = "public"
    #: Absolute folder on the node's machine, on the SFTP server, or in the bucket.
    folder: str = ""
    #: Fingerprint of the SFTP server's key, as `ssh-keygen -l` prints it.
    host_key: str = ""
    #: Of an S3-compatible store; empty where it knows none.
    region: str = ""
    #: How interfaces are asked, as JSON: docs/howto/read-an-interface.md.
    interface: str = ""
    encoding: Encoding = Encoding.UTF_8


#: Characters that each text of a place may have.
LONGEST = {
    "name": 120, "host": 255, "dbname": 63, "username": 63, "schema": 63, "folder": 500, "host_key": 64, "region": 32,
    "interface": 100_000,
}  # fmt: skip


@dataclass(frozen=True)
class Allowed:
    """The operator's list of what connectors may reach."""

    networks: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    folders: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class MountChanged:
    """What an entry is mounted on, by which columns, or what its rows must fulfil is not what it was."""

    entry_id: UUID
    at: datetime


SYSTEM_REGISTERED = Kind(
    "system.registered", 1, ("system", "name", "department", "network"), "An information system was registered."
)
PLACE_REGISTERED = Kind(
    "place.registered",
    1,
    ("place", "side", "kind", "name", "department"),
    "A source or target was registered. Neither address nor secret is recorded.",
)
PLACE_CHANGED = Kind("place.changed", 1, ("place", "side", "fields"), "What is stated of a source or target changed.")
SYSTEM_ASSIGNED = Kind(
    "place.system_assigned",
    1,
    ("place", "system", "resources"),
    "A source was said to belong to an information system, or to none; `resources` counts the mounts that followed.",
)
SECRET_CHANGED = Kind("place.secret_changed", 1, ("place", "side"), "The password of a source or target was replaced.")
PLACE_TESTED = Kind("place.tested", 1, ("place", "side", "reached"), "A source or target was tried.")
PLACE_CLOSED = Kind("place.closed", 1, ("place", "side", "reason"), "A source or target is used no more.")
ALLOWANCE_GIVEN = Kind("allowance.given", 1, ("kind", "pattern", "note"), "Connectors may reach more.")
ALLOWANCE_ENDED = Kind("allowance.ended", 1, ("kind", "pattern"), "Connectors may reach less.")
RESOURCE_MOUNTED = Kind(
    "resource.mounted",
    1,
    ("entry", "resource", "source", "schema", "table", "columns", "key", "system"),
    "A table or file set was mounted on an entry.",
)
RESOURCE_UNMOUNTED = Kind(
    "resource.unmounted", 1, ("entry", "resource", "reason"), "An entry lost its table or file set."
)
RULES_SET = Kind("resource.rules_set", 1, ("entry", "resource", "rules"), "What delivered rows must fulfil was set.")
