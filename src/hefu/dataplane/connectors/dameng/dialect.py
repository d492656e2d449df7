"""Dameng's types, session and driver. It keeps Oracle's catalogue views; what differs is here.

A DATE is a day and DATETIME holds the time; an empty text is a text; a name may hold a double quote; whole numbers
have types of their own, of fixed size; names are folded to capitals unless the server was set up otherwise, which is
why the catalogue's own spelling is always quoted.

Source: DM8 SQL Language Manual, chapters on data types and system views.
"""

import importlib
from typing import Any

from hefu.dataplane.connectors.oracle.tongue import Connection, Line, Tongue, always, microseconds, number, varying
from hefu.dataplane.errors import SideRefused
from hefu.kernel.words import Sentence, _

_AS_TEXT = "cast({} as varchar(64))"
_MOMENT = Line(
    microseconds("timestamp without time zone"),
    "to_char({}, 'YYYY-MM-DD HH24:MI:SS.FF6')",
    "finer than microseconds: not carried",
)

LINES = {
    "TINYINT": Line(always("smallint"), _AS_TEXT),
    "BYTE": Line(always("smallint"), _AS_TEXT),
    "SMALLINT": Line(always("smallint"), _AS_TEXT),
    "INT": Line(always("integer"), _AS_TEXT),
    "INTEGER": Line(always("integer"), _AS_TEXT),
    "BIGINT": Line(always("bigint"), _AS_TEXT),
    "NUMBER": Line(number, _AS_TEXT, "by its precision and scale; without them, carried whole and not reckoned with"),
    "NUMERIC": Line(number, _AS_TEXT, "as NUMBER"),
    "DECIMAL": Line(number, _AS_TEXT, "as NUMBER"),
    "DEC": Line(number, _AS_TEXT, "as NUMBER"),
    "REAL": Line(always("real")),
    "FLOAT": Line(always("double precision"), note="binary there, other than Oracle's"),
    "DOUBLE": Line(always("double precision")),
    "DOUBLE PRECISION": Line(always("double precision")),
    "BIT": Line(always("boolean"), "case {} when 1 then 'true' when 0 then 'false' end"),
    "DATE": Line(always("date"), "to_char({}, 'YYYY-MM-DD')", "a day, other than Oracle's"),
    "DATETIME": _MOMENT,
    "TIMESTAMP": _MOMENT,
    "VARCHAR": Line(varying, note="an empty text stays one, other than in Oracle"),
    "VARCHAR2": Line(varying, note="as VARCHAR"),
    "NVARCHAR2": Line(varying, note="as VARCHAR"),
    "CHAR": Line(varying, note="without the spaces that fill it up"),
    "CHARACTER": Line(varying, note="as CHAR"),
    "TEXT": Line(always("text")),
    "LONGVARCHAR": Line(always("text")),
    "CLOB": Line(always("text")),
    "BINARY": Line(always("bytea")),
    "VARBINARY": Line(always("bytea")),
    "RAW": Line(always("bytea")),
    "IMAGE": Line(always("bytea")),
    "LONGVARBINARY": Line(always("bytea")),
    "BLOB": Line(always("bytea")),
}
NOT_CARRIED = ("BFILE", "ROWID", "TIME", "TIME WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE",
               "TIMESTAMP WITH LOCAL TIME ZONE", "DATETIME WITH TIME ZONE", "INTERVAL")  # fmt: skip


def _driver() -> Any:
    try:
        return importlib.import_module("dmPython")
    except ImportError:
        text = _(
            "the driver for Dameng is not installed on this node; its operator runs: pip install dmPython, or takes it "
            "from the drivers folder of the database"
        )
        raise SideRefused("source", Sentence(text, code="side.no_driver")) from None


def _connect(driver: Any, connection: Connection, address: str) -> Any:
    if connection.sslmode not in ("disable", "prefer"):
        text = _("encrypted connections to {product} are not built; use a network of its own and the mode disable")
        raise SideRefused("source", Sentence(text, code="side.no_tls", product=connection.product))
    return driver.connect(
        user=connection.user,
        password=connection.password,
        server=address,
        port=connection.port,
        autoCommit=False,
    )


#: Words of the driver's errors after which the same run may succeed by itself.
_TRANSIENT = ("CODE:-70019", "CODE:-70028", "CODE:-6001", "CODE:-6002", "CODE:-6007", "CODE:-2501")

TONGUE = Tongue(
    product="Dameng",
    lines=LINES,
    quotes_in_names=True,
    empty_is_null=False,
    session=(),
    version="select banner from v$version where rownum <= 1",
    systems=("SYS", "SYSAUDITOR", "SYSSSO", "CTISYS"),
    driver=_driver,
    connect=_connect,
    passes=lambda words: any(code in words for code in _TRANSIENT),
)
