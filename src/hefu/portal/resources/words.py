"""How pages call what the resources room stores."""

from hefu.kernel.words import _
from hefu.rooms.resources.terms import AllowanceKind, Encoding, TlsMode

ALLOWANCE_NAMES = {
    AllowanceKind.NETWORK: _("network address"),
    AllowanceKind.HOST: _("host name"),
    AllowanceKind.FOLDER: _("folder"),
}

TLS_NAMES = {
    TlsMode.DISABLE: _("not encrypted"),
    TlsMode.PREFER: _("encrypted if possible"),
    TlsMode.REQUIRE: _("encrypted"),
    TlsMode.VERIFY_CA: _("encrypted, certificate checked"),
    TlsMode.VERIFY_FULL: _("encrypted, certificate and name checked"),
}

ENCODING_NAMES = {Encoding.UTF_8: "UTF-8", Encoding.GB18030: "GB 18030"}

#: Kind of a table as a source lists it → marked name.
TABLE_KIND_NAMES = {
    "table": _("plain table"),
    "partitioned table": _("partitioned table"),
    "view": _("view"),
    "materialized view": _("materialized view"),
    "foreign table": _("foreign table"),
    "file": _("file"),
    "interface": _("interface"),
}
