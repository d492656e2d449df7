"""Masks as SQL: one text for PostgreSQL, one for DuckDB, one meaning (tests/connectors/test_conformance.py)."""

from collections.abc import Mapping

from hefu.dataplane.dialect import Dialect
from hefu.dataplane.masks import Bin, Constant, Cover, DateTrunc, Hash, Mask, Null, Round, Truncate
from hefu.dataplane.types import Kind, SqlType
from hefu.kernel.words import Sentence, _

_TEXT = SqlType("text")
_NUMBERS = (Kind.INTEGER, Kind.DECIMAL)


def mask_problem(mask: Mask, source: SqlType, salts: Mapping[str, str] | None) -> Sentence | None:
    """Return why `mask` cannot hide a value of type `source`, or None."""
    match mask:
        case Cover(first, last, sign) if first < 0 or last < 0 or len(sign) != 1:
            return Sentence(_("a cover keeps no fewer than 0 characters and covers with one sign"), code="mask.cover")
        case Truncate(length) if length < 0:
            return Sentence(_("a truncation keeps no fewer than 0 characters"), code="mask.length")
        case Cover() | Truncate() if source.kind is not Kind.TEXT:
            return Sentence(_("covering and truncating are for text, not {type}"), code="mask.text", type=str(source))
        case Bin(width) if width < 1 or width > 10**9:
            return Sentence(_("a bin is between 1 and 1,000,000,000 wide"), code="mask.width")
        case Bin() if source.kind not in (*_NUMBERS, Kind.FLOAT):
            return Sentence(_("bins are for numbers, not {type}"), code="mask.number", type=str(source))
        case Round(places) if abs(places) > 15:
            return Sentence(_("rounding goes to at most 15 places"), code="mask.places")
        case Round() if source.kind not in _NUMBERS:
            return Sentence(
                _("rounding is for integers and decimals, not {type}; take bins for floats"),
                code="mask.round_type",
                type=str(source),
            )
        case Hash():
            return _hash_problem(mask, source, salts)
        case DateTrunc() if source.kind not in (Kind.DATE, Kind.TIMESTAMP):
            return Sentence(
                _("months and years are kept of dates and timestamps without zone, not {type}"),
                code="mask.date_type",
                type=str(source),
            )
    return None


def _hash_problem(mask: Hash, source: SqlType, salts: Mapping[str, str] | None) -> Sentence | None:
    if not 8 <= mask.length <= 64:
        return Sentence(_("a hash keeps 8 to 64 hex digits"), code="mask.hash_length")
    if salts is not None and mask.salt not in salts:
        return Sentence(_("the salt {name!r} is not known here"), code="mask.salt", name=mask.salt)
    return (
        Sentence(_("a {type} has no one text to hash"), code="mask.hash_type", type=str(source))
        if source.kind in (Kind.OTHER, Kind.FLOAT)
        else None
    )


def masked_type(mask: Mask | None, source: SqlType) -> SqlType:
    """Return the type of what `mask` leaves of a `source`."""
    match mask:
        case Cover() | Truncate() | Hash() | Constant():
            return _TEXT
        case Bin() | Round() if source.kind is Kind.INTEGER:
            return SqlType("numeric", (20, 0)) if source.name == "bigint" else SqlType("bigint")
        case Bin() | Round() if source.kind is Kind.DECIMAL and source.modifiers:
            precision, scale = (*source.modifiers, 0)[:2]
            return SqlType("numeric", (precision + 1, scale))
        case DateTrunc() if source.kind is Kind.TIMESTAMP:
            return SqlType("timestamp without time zone")
    return source


def mask_sql(mask: Mask | None, value: str, source: SqlType, dialect: Dialect, salts: Mapping[str, str]) -> str:
    """Return the expression that stands for the column `value` in the delivery.

    Args:
        mask: What to hide; None delivers the value.
        value: Quoted column or other expression of type `source`; it may be written several times.
        source: Type of `value`.
        dialect: Which database reads the expression.
        salts: Name → secret text for `Hash`.
    """
    match mask:
        case None:
            return value
        case Cover(first, last, sign):
            text, cover = _text(value, source, dialect), dialect.text(sign)
            kept, length = first + last, f"length({text})"
            head = [f"left({text}, {first})"] if first else []
            tail = [f"right({text}, {last})"] if last else []
            shown = " || ".join([*head, f"repeat({cover}, {length} - {kept})", *tail])
            whole = f"repeat({cover}, {length})"
            return f"case when {length} > {kept} then {shown} else {whole} end" if kept else whole
        case Truncate(length_kept):
            return f"left({_text(value, source, dialect)}, {length_kept})"
        case Bin(width) if source.kind is Kind.FLOAT:
            return f"floor({value} / {width}) * {width}"
        case Bin(width):
            number = _wide(value, source, dialect)
            return f"({number} - mod(mod({number}, {width}) + {width}, {width}))"
        case Round(places):
            return _round(_wide(value, source, dialect), places, source)
        case Hash(salt, kept_digits):
            salted = f"{dialect.text(salts[salt])} || {dialect.cast(value, 'text')}"
            if dialect is Dialect.POSTGRES:
                hashed = f"encode(sha256(convert_to({salted}, 'UTF8')), 'hex')"
            else:
                hashed = f"sha256({salted})"
            return hashed if kept_digits == 64 else f"left({hashed}, {kept_digits})"
        case DateTrunc(unit):
            start = f"date_trunc('{unit}', cast({value} as timestamp))"
            return dialect.cast(start, "date") if source.kind is Kind.DATE else start
        case Null():
            return "null"
        case Constant(text):
            return dialect.text(text)


def _text(value: str, source: SqlType, dialect: Dialect) -> str:
    return value if source.name in ("text", "character varying") else dialect.cast(value, "text")


def _wide(value: str, source: SqlType, dialect: Dialect) -> str:
    """Return the number where the next multiple below or above it still has room."""
    if source.kind is Kind.INTEGER and source.name != "bigint":
        return dialect.cast(value, "bigint")
    if dialect is Dialect.POSTGRES:
        return dialect.cast(value, "numeric")
    scale = (*source.modifiers, 0, 0)[1] if source.kind is Kind.DECIMAL else 0
    return dialect.cast(value, f"decimal(38,{scale})")


def _round(number: str, places: int, source: SqlType) -> str:
    if places >= 0:
        return number if source.kind is Kind.INTEGER else f"round({number}, {places})"
    step = 10**-places
    away = f"abs({number}) + {step // 2}"
    rounded = f"({away} - mod({away}, {step}))"
    return f"case when {number} < 0 then -{rounded} else {rounded} end"
