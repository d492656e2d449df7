"""Masks as SQL: a text for each of three engines, and one meaning (tests/connectors/test_conformance.py)."""

from collections.abc import Mapping

from hefu.dataplane.dialect import Dialect
from hefu.dataplane.masks import (
    Bin,
    Constant,
    Cover,
    DateShift,
    DateTrunc,
    Drop,
    FormatPreserving,
    Hash,
    Mask,
    Null,
    Round,
    Translate,
    Truncate,
    salt_of,
)
from hefu.dataplane.masks.keyed import days_shifted, permuted
from hefu.dataplane.types import Kind, SqlType
from hefu.kernel.words import Sentence, _

_TEXT = SqlType("text")
_NUMBERS = (Kind.INTEGER, Kind.DECIMAL)


#: Most lines of a code table, and the longest code.
MOST_CODES, LONGEST_CODE = 1000, 200
#: Most days by which dates are moved: ten years.
MOST_DAYS = 3653


def mask_problem(
    mask: Mask, source: SqlType, salts: Mapping[str, str] | None, columns: Mapping[str, SqlType]
) -> Sentence | None:
    """Return why `mask` cannot hide a value of type `source`, or None.

    Args:
        mask: What is to be hidden.
        source: Type of the column.
        salts: Salts by name; None when no secret is at hand and their names are not looked at.
        columns: Types of all columns beside which it stands.
    """
    if salts is not None and (salt := salt_of(mask)) is not None and salt not in salts:
        return Sentence(_("the salt {name!r} is not known here"), code="mask.salt", name=salt)
    match mask:
        case Cover() | Truncate():
            return _text_problem(mask, source)
        case Bin() | Round():
            return _number_problem(mask, source)
        case Hash(_salt, length) if not 8 <= length <= 64:
            return Sentence(_("a hash keeps 8 to 64 hex digits"), code="mask.hash_length")
        case Hash() if source.kind in (Kind.OTHER, Kind.FLOAT):
            return _no_one_text(source)
        case FormatPreserving() if source.kind is not Kind.TEXT:
            return Sentence(
                _("another value of the same form is for digits in text, not {type}"),
                code="mask.form_type",
                type=str(source),
            )
        case DateShift():
            return _shift_problem(mask, source, columns)
        case Translate():
            return _codes_problem(mask, source)
        case DateTrunc() if source.kind not in (Kind.DATE, Kind.TIMESTAMP):
            return Sentence(
                _("months and years are kept of dates and timestamps without zone, not {type}"),
                code="mask.date_type",
                type=str(source),
            )
    return None


def _text_problem(mask: Cover | Truncate, source: SqlType) -> Sentence | None:
    match mask:
        case Cover(first, last, sign) if first < 0 or last < 0 or len(sign) != 1:
            return Sentence(_("a cover keeps no fewer than 0 characters and covers with one sign"), code="mask.cover")
        case Truncate(length) if length < 0:
            return Sentence(_("a truncation keeps no fewer than 0 characters"), code="mask.length")
    if source.kind is not Kind.TEXT:
        return Sentence(_("covering and truncating are for text, not {type}"), code="mask.text", type=str(source))
    return None


def _number_problem(mask: Bin | Round, source: SqlType) -> Sentence | None:
    match mask:
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
    return None


def _no_one_text(of: SqlType) -> Sentence:
    return Sentence(_("a {type} has no one text to hash"), code="mask.hash_type", type=str(of))


def _shift_problem(mask: DateShift, source: SqlType, columns: Mapping[str, SqlType]) -> Sentence | None:
    if source.kind not in (Kind.DATE, Kind.TIMESTAMP):
        return Sentence(
            _("dates and timestamps without zone are moved by days, not {type}"),
            code="mask.shift_type",
            type=str(source),
        )
    if not 1 <= mask.days <= MOST_DAYS:
        return Sentence(_("dates are moved by at most 1 to 3653 days"), code="mask.shift_days")
    subject = columns.get(mask.subject)
    if subject is None:
        return Sentence(
            _("{name!r} is to say whose row it is, and is not there"), code="mask.subject", name=mask.subject
        )
    return _no_one_text(subject) if subject.kind in (Kind.OTHER, Kind.FLOAT) else None


def _codes_problem(mask: Translate, source: SqlType) -> Sentence | None:
    known = [code.of for code in mask.codes]
    texts = [*known, *(code.to for code in mask.codes)]
    if source.kind not in (Kind.TEXT, Kind.INTEGER):
        return Sentence(_("codes are text or whole numbers, not {type}"), code="mask.code_type", type=str(source))
    if not 1 <= len(known) <= MOST_CODES or len(set(known)) < len(known):
        return Sentence(_("a code table has 1 to 1,000 lines, and each code once"), code="mask.codes")
    if any(not text.isprintable() or len(text) > LONGEST_CODE or set(text) & set(";；") for text in texts) or any(
        "=" in code for code in known
    ):
        return Sentence(_("a code is at most 200 signs of a line, without semicolon or equals sign"), code="mask.code")
    return None


def masked_type(mask: Mask | None, source: SqlType) -> SqlType:
    """Return the type of what `mask` leaves of a `source`."""
    match mask:
        case Cover() | Truncate() | Hash() | FormatPreserving() | Translate() | Constant():
            return _TEXT
        case Bin() | Round() if source.kind is Kind.INTEGER:
            return SqlType("numeric", (20, 0)) if source.name == "bigint" else SqlType("bigint")
        case Bin() | Round() if source.kind is Kind.DECIMAL and source.modifiers:
            precision, scale = (*source.modifiers, 0)[:2]
            return SqlType("numeric", (precision + 1, scale))
        case DateTrunc() | DateShift() if source.kind is Kind.TIMESTAMP:
            return SqlType("timestamp without time zone")
    return source


def mask_sql(
    mask: Mask | None,
    value: str,
    source: SqlType,
    dialect: Dialect,
    salts: Mapping[str, str],
    columns: Mapping[str, SqlType],
) -> str:
    """Return the expression that stands for the column `value` in the delivery.

    Args:
        mask: What to hide; None delivers the value.
        value: Quoted column or other expression of type `source`; it may be written several times.
        source: Type of `value`.
        dialect: Which database reads the expression.
        salts: Name → secret text.
        columns: Types of the columns beside it, of which a mask may look at one.
    """
    match mask:
        case None:
            return value
        case Cover():
            return _covered(mask, _text(value, source, dialect), dialect)
        case Truncate(length_kept):
            return f"left({_text(value, source, dialect)}, {length_kept})"
        case Bin() | Round():
            return _rounded(mask, value, source, dialect)
        case Hash():
            return _hashed(mask, f"{dialect.text(salts[mask.salt])} || {dialect.cast(value, 'text')}", dialect)
        case FormatPreserving(salt, form):
            return permuted(_text(value, source, dialect), form, salts[salt], dialect)
        case DateShift(salt, subject, most):
            whose = _text(dialect.name_of(subject), columns[subject], dialect)
            days = days_shifted(whose, most, salts[salt], dialect)
            return f"{value} + {days}" if source.kind is Kind.DATE else f"{value} + {days} * interval '1' day"
        case Translate():
            return _translated(mask, _text(value, source, dialect), dialect)
        case DateTrunc():
            return _truncated(mask, value, source, dialect)
        case Null() | Drop():
            return "null"
        case Constant(text):
            return dialect.text(text)


def _truncated(mask: DateTrunc, value: str, source: SqlType, dialect: Dialect) -> str:
    start = f"date_trunc('{mask.unit}', cast({value} as timestamp))"
    if dialect is Dialect.SPARK:  # which truncates moments with a zone alone
        month = f"month({value})" if mask.unit == "month" else "1"
        start = dialect.cast(f"make_date(year({value}), {month}, 1)", "timestamp")
    return dialect.cast(start, "date") if source.kind is Kind.DATE else start


def _covered(mask: Cover, text: str, dialect: Dialect) -> str:
    cover, kept, length = dialect.text(mask.sign), mask.first + mask.last, f"length({text})"
    head = [f"left({text}, {mask.first})"] if mask.first else []
    tail = [f"right({text}, {mask.last})"] if mask.last else []
    shown = " || ".join([*head, f"repeat({cover}, {length} - {kept})", *tail])
    whole = f"repeat({cover}, {length})"
    return f"case when {length} > {kept} then {shown} else {whole} end" if kept else whole


def _hashed(mask: Hash, salted: str, dialect: Dialect) -> str:
    if dialect is Dialect.POSTGRES:
        hashed = f"encode(sha256(convert_to({salted}, 'UTF8')), 'hex')"
    else:
        hashed = f"sha2({salted}, 256)" if dialect is Dialect.SPARK else f"sha256({salted})"
    return hashed if mask.length == 64 else f"left({hashed}, {mask.length})"


def _translated(mask: Translate, code: str, dialect: Dialect) -> str:
    bytewise = f'{code} collate "C"' if dialect is Dialect.POSTGRES else code
    lines = " ".join(f"when {dialect.text(line.of)} then {dialect.text(line.to)}" for line in mask.codes)
    # An unknown code that rejects its row shows nothing even if the check were not asked.
    return f"case {bytewise} {lines} else {code if mask.unknown == 'keep' else 'null'} end"


def _rounded(mask: Bin | Round, value: str, source: SqlType, dialect: Dialect) -> str:
    match mask:
        case Bin(width) if source.kind is Kind.FLOAT and dialect is Dialect.SPARK:
            # Its floor is a bigint; beyond 2⁵³ every float is whole already.
            part = f"{value} / {width}"
            return f"(case when abs({part}) < 9e15 then cast(floor({part}) as double) else {part} end) * {width}"
        case Bin(width) if source.kind is Kind.FLOAT:
            return f"floor({value} / {width}) * {width}"
        case Bin(width):
            number = _wide(value, source, dialect)
            return f"({number} - {_rest(number, width, source, dialect)})"
        case Round(places):
            return _round(_wide(value, source, dialect), places, source, dialect)


def _text(value: str, source: SqlType, dialect: Dialect) -> str:
    return value if source.name in ("text", "character varying") else dialect.cast(value, "text")


def _wide(value: str, source: SqlType, dialect: Dialect) -> str:
    """Return the number where the next multiple below or above it still has room."""
    if source.kind is Kind.INTEGER and source.name != "bigint":
        return dialect.cast(value, "bigint")
    if dialect is Dialect.POSTGRES:
        return dialect.cast(value, "numeric")
    precision, scale = (*source.modifiers, 0, 0)[:2] if source.kind is Kind.DECIMAL else (19, 0)
    # Spark takes digits behind the point away from what it reckons with when 38 do not hold all.
    return dialect.cast(value, f"decimal({precision + 2 if dialect is Dialect.SPARK else 38},{scale})")


def _rest(number: str, width: int, source: SqlType, dialect: Dialect) -> str:
    """Return what is over a multiple of `width`, never below 0."""
    if dialect is Dialect.SPARK:
        return f"pmod({number}, {_wide(str(width), source, dialect)})"
    return f"mod(mod({number}, {width}) + {width}, {width})"


def _round(number: str, places: int, source: SqlType, dialect: Dialect) -> str:
    if places >= 0:
        return number if source.kind is Kind.INTEGER else f"round({number}, {places})"
    step = 10**-places
    away = f"abs({number}) + {step // 2}"
    rounded = f"({away} - {_rest(f'({away})', step, source, dialect)})"
    return f"case when {number} < 0 then -{rounded} else {rounded} end"
