"""Checks as SQL, true for a row that passes and never NULL: one text for PostgreSQL, one for DuckDB, one for Spark."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from hefu.dataplane.checks import (
    Check,
    CitizenId,
    CodeSet,
    CreditCode,
    DateRange,
    NotNull,
    Pattern,
    Typed,
    UniqueKey,
    as_written,
    columns_of,
    reason_of,
)
from hefu.dataplane.checks.pattern import pattern_problem
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.types import Kind, SqlType
from hefu.kernel.identifiers import citizen_id, credit_code
from hefu.kernel.words import Listed, Sentence, _

#: Reasons travel as bits of one bigint.
MOST_CHECKS = 62

_CREDIT_SIGN = "[0-9A-HJ-NPQRTUWXY]"
#: Form of a credit code before its check character is looked at.
CREDIT_FORM = f"{_CREDIT_SIGN}{{2}}[0-9]{{6}}{_CREDIT_SIGN}{{10}}"
CITIZEN_FORM = "[0-9]{17}[0-9X]"
DAY_FORM = "[0-9]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}"


def check_problems(checks: Sequence[Check], columns: Mapping[str, SqlType]) -> list[Sentence]:
    """Return everything that keeps `checks` from being asked of `columns`."""
    problems = []
    if len(checks) > MOST_CHECKS:
        problems.append(too_many_checks(len(checks)))
    if len(set(checks)) < len(checks):
        problems.append(Sentence(_("a check stands twice"), code="plan.check_twice"))
    for check in checks:
        missing = [column for column in columns_of(check) if column not in columns]
        if missing or not columns_of(check):
            problems.append(_astray(check, missing))
            continue
        for column in columns_of(check):
            problem = _problem(check, columns[column])
            if problem:
                problems.append(
                    Sentence(_("check {check}: {problem}"), code="plan.check", check=reason_of(check), problem=problem)
                )
    return problems


def too_many_checks(number: int) -> Sentence:
    """Return that one delivery cannot carry so many checks."""
    text = _("{number} checks are more than the {most} that one delivery can carry")
    return Sentence(text, code="plan.checks_many", number=number, most=MOST_CHECKS)


def _astray(check: Check, missing: Sequence[str]) -> Sentence:
    if not missing:
        return Sentence(_("check {check} names no column"), code="plan.check_no_column", check=reason_of(check))
    return Sentence(
        _("check {check} names {columns}: not in the source"),
        code="plan.check_column",
        check=reason_of(check),
        columns=Listed(missing),
    )


def _problem(check: Check, of: SqlType) -> Sentence | None:
    match check:
        case Typed():
            return Sentence(_("only a connector asks this"), code="check.connectors")
        case UniqueKey() if of.kind is Kind.FLOAT or (of.kind is Kind.OTHER and of.name != "uuid"):
            return Sentence(
                _("a column of type {type} has no one text to compare"), code="check.key_type", type=str(of)
            )
        case CreditCode() | CitizenId() if of.kind is not Kind.TEXT:
            return _not_text(of)
        case CodeSet(_, codes) if not codes or any("\0" in code for code in codes):
            return Sentence(_("it lists no code, or one with a NUL"), code="check.codes")
        case CodeSet() if of.kind not in (Kind.TEXT, Kind.INTEGER):
            return Sentence(
                _("the column is {type}, neither text nor whole number"), code="check.code_type", type=str(of)
            )
        case DateRange() if of.kind not in (Kind.DATE, Kind.TIMESTAMP, Kind.TEXT):
            return Sentence(_("the column is {type}, neither a day nor text"), code="check.day_type", type=str(of))
        case Pattern(_, pattern):
            return _not_text(of) if of.kind is not Kind.TEXT else pattern_problem(pattern)
    return None


def _not_text(of: SqlType) -> Sentence:
    return Sentence(_("the column is {type}, not text"), code="check.not_text", type=str(of))


def passes_sql(check: Check, columns: Mapping[str, SqlType], dialect: Dialect) -> str:
    """Return the boolean expression of `check`; a unique key is a window over the rows the filter grants."""
    if isinstance(check, UniqueKey):
        return _unique(check, columns, dialect)
    column, of = dialect.name_of(check.column), columns[check.column]
    if isinstance(check, NotNull):
        return f"({column} is not null)"
    if isinstance(check, Typed):
        return f"({dialect.name_of(as_written(check.column))} is null or {column} is not null)"
    if of.name == "character" or (isinstance(check, CodeSet) and of.kind is not Kind.TEXT):
        column = dialect.cast(column, "text")
    return f"({column} is null or {_holds(check, column, of, dialect)})"


def key_texts(check: UniqueKey, columns: Mapping[str, SqlType], dialect: Dialect) -> list[str]:
    """Return the texts that a unique key compares: values that are equal have equal texts."""
    texts = []
    for column in check.columns:
        name = dialect.name_of(column)
        if columns[column].kind is Kind.DECIMAL and dialect is Dialect.POSTGRES:
            name = f"trim_scale({name})"
        plain = columns[column].name in ("text", "character varying")
        texts.append(name if plain else dialect.cast(name, "text"))
    return texts


def is_whole(check: UniqueKey, dialect: Dialect) -> str:
    """Return whether no part of the key is NULL."""
    return " and ".join(f"{dialect.name_of(column)} is not null" for column in check.columns)


def _unique(check: UniqueKey, columns: Mapping[str, SqlType], dialect: Dialect) -> str:
    bytewise = ' collate "C"' if dialect is Dialect.POSTGRES else ""
    parts = ", ".join(f"{text}{bytewise}" for text in key_texts(check, columns, dialect))
    return f"(not ({is_whole(check, dialect)}) or count(*) over (partition by {parts}) = 1)"


def _holds(check: Check, column: str, of: SqlType, dialect: Dialect) -> str:
    match check:
        case CreditCode():
            form, alphabet = dialect.full_match(column, CREDIT_FORM), f"'{credit_code.ALPHABET}'"
            values = (
                f"({dialect.place_of(f'substr({column}, {place + 1}, 1)', alphabet)} - 1) * {weight}"
                for place, weight in enumerate(credit_code.WEIGHTS)
            )
            place = f"(31 - ({' + '.join(values)}) % 31) % 31 + 1"
            sign = f"substr('{credit_code.ALPHABET}', {_small(place, dialect)}, 1)"
            return f"case when {form} then {sign} = substr({column}, 18, 1) else false end"
        case CitizenId():
            form = dialect.full_match(column, CITIZEN_FORM)
            digits = (
                f"(ascii(substr({column}, {place + 1}, 1)) - 48) * {weight}"
                for place, weight in enumerate(citizen_id.WEIGHTS)
            )
            sign = f"substr('{citizen_id.CHECK}', ({' + '.join(digits)}) % 11 + 1, 1)"
            day = _possible_day(f"substr({column}, 7, 8)", dialect)
            return f"case when {form} then {day} and {sign} = substr({column}, 18, 1) else false end"
        case CodeSet(_, codes):
            listed = ", ".join(dialect.text(code) for code in codes)
            bytewise = f'{column} collate "C"' if dialect is Dialect.POSTGRES else column
            return f"{bytewise} in ({listed})"
        case DateRange() if of.kind is Kind.TEXT:
            form = dialect.full_match(column, DAY_FORM)
            digits_only = f"replace({column}, '-', '')"
            number = dialect.as_int(digits_only)
            ends = [f"{number} >= {check.low:%Y%m%d}"] if check.low else []
            ends += [f"{number} <= {check.high:%Y%m%d}"] if check.high else []
            holds = " and ".join([_possible_day(digits_only, dialect), *ends])
            return f"case when {form} then {holds} else false end"
        case DateRange(_, low, high):
            ends = [f"{column} >= {dialect.day(low, of.kind)}"] if low else []
            # The whole last day is in, also of a timestamp.
            ends += [f"{column} < {dialect.day(high + timedelta(days=1), of.kind)}"] if high else []
            return f"({' and '.join(ends) or 'true'})"
        case Pattern(_, pattern):
            return dialect.full_match(column, pattern)
        case _:
            raise TypeError(check)


def _small(number: str, dialect: Dialect) -> str:
    return dialect.cast(number, "integer")


def _possible_day(digits: str, dialect: Dialect) -> str:
    """Return whether eight digits are a day of the Gregorian calendar, year 0001 and later."""
    year, month, day = (
        dialect.as_int(f"substr({digits}, {start}, {length})") for start, length in ((1, 4), (5, 2), (7, 2))
    )
    leap = f"({year} % 4 = 0 and ({year} % 100 <> 0 or {year} % 400 = 0))"
    last = (
        f"case when {month} in (4, 6, 9, 11) then 30 "
        f"when {month} = 2 then case when {leap} then 29 else 28 end else 31 end"
    )
    return f"({year} >= 1 and {month} between 1 and 12 and {day} between 1 and {last})"


def flags_sql(checks: Sequence[tuple[int, Check]], columns: Mapping[str, SqlType], dialect: Dialect) -> str:
    """Return one bigint with bit `place` set for each check that the row fails.

    Args:
        checks: Places of the bits, with their checks.
        columns: Types of the source's columns.
        dialect: Which database reads the expression.
    """
    passed = [(place, passes_sql(check, columns, dialect)) for place, check in checks]
    if not passed:
        return dialect.cast("0", "bigint")
    # Nearly every row passes everything, so which check failed is only asked once one did.
    bits = " + ".join(f"case when {holds} then 0 else {1 << place} end" for place, holds in passed)
    return dialect.cast(f"case when {' and '.join(holds for _, holds in passed)} then 0 else {bits} end", "bigint")


def reasons(bits: int, checks: Sequence[Check]) -> tuple[str, ...]:
    """Return the reasons that the bits of `flags_sql` stand for, each once: two lists of codes may fail as one."""
    return tuple(dict.fromkeys(reason_of(check) for place, check in enumerate(checks) if bits >> place & 1))
