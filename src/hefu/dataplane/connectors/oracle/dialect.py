"""Oracle's types, session and driver. A type that is not in the table is not carried, and who grants it is told.

Source: Oracle Database SQL Language Reference, 19c and 23ai: Data Types, Format Models, TO_CHAR, SYS_EXTRACT_UTC.
"""

import importlib
from typing import Any

from hefu.dataplane.connectors.oracle.guard import only_to
from hefu.dataplane.connectors.oracle.tongue import Connection, Line, Tongue, always, microseconds, number, varying
from hefu.dataplane.errors import SideRefused
from hefu.kernel.words import Sentence, _

#: Seconds until an unreachable server counts as lost.
CONNECT_SECONDS = 10

_DAY = "SYYYY-MM-DD HH24:MI:SS"
_NUMBER = "to_char({}, 'TM9', 'NLS_NUMERIC_CHARACTERS=''.,''')"
_NUMBER_LINE = Line(number, _NUMBER, "by its precision and scale; without them, carried whole and not reckoned with")

LINES = {
    "NUMBER": _NUMBER_LINE,
    "FLOAT": Line(always("numeric"), _NUMBER, "a decimal there; carried whole and not reckoned with"),
    "BINARY_FLOAT": Line(always("real")),
    "BINARY_DOUBLE": Line(always("double precision")),
    "DATE": Line(
        always("timestamp without time zone"),
        f"to_char({{}}, '{_DAY}')",
        "it holds a time of day, so that its item is a time and no day",
    ),
    "TIMESTAMP": Line(
        microseconds("timestamp without time zone"),
        f"to_char({{}}, '{_DAY}.FF6')",
        "finer than microseconds: not carried",
    ),
    "TIMESTAMP WITH TIME ZONE": Line(
        microseconds("timestamp with time zone"),
        f"to_char(sys_extract_utc({{}}), '{_DAY}.FF6') || '+00'",
        "the instant; which zone it was written in is not kept",
    ),
    "TIMESTAMP WITH LOCAL TIME ZONE": Line(
        microseconds("timestamp with time zone"), f"to_char(sys_extract_utc({{}}), '{_DAY}.FF6') || '+00'"
    ),
    "VARCHAR2": Line(varying, note="an empty text is NULL there, and arrives as NULL"),
    "NVARCHAR2": Line(varying, note="as VARCHAR2"),
    "CHAR": Line(varying, note="without the spaces that fill it up"),
    "NCHAR": Line(varying, note="as CHAR"),
    "CLOB": Line(always("text")),
    "NCLOB": Line(always("text")),
    "RAW": Line(always("bytea")),
    "BLOB": Line(always("bytea")),
    "BOOLEAN": Line(always("boolean"), "case when {0} then 'true' when not {0} then 'false' end", "of 23ai"),
}
NOT_CARRIED = ("LONG", "LONG RAW", "BFILE", "ROWID", "UROWID", "XMLTYPE", "INTERVAL DAY TO SECOND",
               "INTERVAL YEAR TO MONTH", "SDO_GEOMETRY", "VECTOR", "JSON")  # fmt: skip


def _driver() -> Any:
    try:
        return importlib.import_module("oracledb")
    except ImportError:
        text = _("the driver for Oracle is not installed on this node; its operator runs: pip install oracledb")
        raise SideRefused("source", Sentence(text, code="side.no_driver")) from None


def _connect(driver: Any, connection: Connection, address: str) -> Any:
    """Open a session over plain TCP in the driver's thin mode; a listener may not send it to another address."""
    if connection.sslmode not in ("disable", "prefer"):
        text = _("encrypted connections to {product} are not built; use a network of its own and the mode disable")
        raise SideRefused("source", Sentence(text, code="side.no_tls", product=connection.product))
    with only_to(address, connection.port):
        made = driver.connect(
            user=connection.user,
            password=connection.password,
            host=address,
            port=connection.port,
            service_name=connection.dbname,
            tcp_connect_timeout=CONNECT_SECONDS,
        )
    # Long texts and bytes come as values, not as handles that are fetched one by one.
    made.outputtypehandler = lambda cursor, metadata: _as_value(driver, cursor, metadata)
    return made


def _as_value(driver: Any, cursor: Any, metadata: Any) -> Any:
    wanted = {driver.DB_TYPE_CLOB: driver.DB_TYPE_LONG, driver.DB_TYPE_NCLOB: driver.DB_TYPE_LONG_NVARCHAR,
              driver.DB_TYPE_BLOB: driver.DB_TYPE_LONG_RAW}.get(metadata.type_code)  # fmt: skip
    return cursor.var(wanted, arraysize=cursor.arraysize) if wanted is not None else None


#: Codes after which the same run may succeed by itself: gone, restarting, no handler free, timed out.
_TRANSIENT = ("ORA-00028", "ORA-01012", "ORA-01033", "ORA-01034", "ORA-01089", "ORA-01555", "ORA-03113", "ORA-03114",
              "ORA-03135", "ORA-12170", "ORA-12520", "ORA-12528", "ORA-12537", "ORA-12541", "DPY-1001", "DPY-4011",
              "DPY-4024", "DPY-6000", "DPY-6005")  # fmt: skip

TONGUE = Tongue(
    product="Oracle",
    lines=LINES,
    quotes_in_names=False,
    empty_is_null=True,
    session=(
        "alter session set nls_comp = 'BINARY'",
        "alter session set nls_sort = 'BINARY'",
        "alter session set nls_calendar = 'GREGORIAN'",
        "alter session set time_zone = '+00:00'",
        "set transaction read only",
    ),
    version="select banner from v$version where rownum <= 1",
    systems=(
        "SYS",
        "SYSTEM",
        "XDB",
        "MDSYS",
        "CTXSYS",
        "ORDSYS",
        "ORDDATA",
        "WMSYS",
        "OUTLN",
        "DBSNMP",
        "LBACSYS",
        "OLAPSYS",
        "DVSYS",
        "GSMADMIN_INTERNAL",
        "AUDSYS",
        "OJVMSYS",
        "APPQOSSYS",
    ),
    driver=_driver,
    connect=_connect,
    passes=lambda words: any(code in words for code in _TRANSIENT),
)
