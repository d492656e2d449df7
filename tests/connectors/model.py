"""What masks, filters and checks mean, written once more in plain Python, value by value."""

import hashlib
import re
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

from hefu.dataplane.checks import Check, CitizenId, CodeSet, CreditCode, DateRange, NotNull, Pattern
from hefu.dataplane.filters import Between, Condition, Equals, IsNull, OneOf, StartsWith
from hefu.dataplane.masks import (
    Bin,
    Constant,
    Cover,
    DateShift,
    DateTrunc,
    FormatPreserving,
    Hash,
    Mask,
    Null,
    Round,
    Translate,
    Truncate,
)
from hefu.kernel.identifiers import citizen_id, credit_code


def masked(mask: Mask, value: Any, salts: dict[str, str], subject: str = "") -> Any:
    """Return what `mask` leaves of `value`; `subject` is the text of the column that says whose row it is."""
    if isinstance(mask, Constant):
        return mask.text
    if value is None or isinstance(mask, Null):
        return None
    if isinstance(mask, FormatPreserving | DateShift | Translate):
        return replaced(mask, value, salts, subject)
    match mask:
        case Cover(first, last, sign):
            if len(value) <= first + last:
                return sign * len(value)
            return value[:first] + sign * (len(value) - first - last) + value[len(value) - last :]
        case Truncate(length):
            return value[:length]
        case Bin(width) if isinstance(value, float):
            return float(value // width * width)
        case Bin(width):
            return (Decimal(value) / width).to_integral_value(ROUND_FLOOR) * width
        case Round(places):
            whole = isinstance(value, int) and places >= 0
            return value if whole else Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        case Hash(salt, length):
            return hashlib.sha256((salts[salt] + str(value)).encode()).hexdigest()[:length]
        case DateTrunc(unit):
            start = value.replace(day=1) if unit == "month" else value.replace(day=1, month=1)
            return start.replace(hour=0, minute=0, second=0, microsecond=0) if isinstance(start, datetime) else start
    raise TypeError(mask)


def replaced(mask: FormatPreserving | DateShift | Translate, value: Any, salts: dict[str, str], subject: str) -> Any:
    """Return what stands for `value`."""
    match mask:
        case FormatPreserving(salt, form):
            return permuted(value, form, salts[salt])
        case DateShift(salt, _, most):
            place = drawn("days", salts[salt], subject) % (2 * most) - most
            return value + timedelta(days=place if place < 0 else place + 1)
        case Translate(codes, unknown):
            return {code.of: code.to for code in codes}.get(str(value), str(value) if unknown == "keep" else None)


def drawn(purpose: str, salt: str, text: str) -> int:
    """Return the first 60 bits of the SHA-256 of a text under the key of a purpose."""
    key = hashlib.sha256(f"hefu {purpose}\0{salt}".encode()).hexdigest()
    return int(hashlib.sha256(f"{key}{text}".encode()).hexdigest()[:15], 16)


def permuted(value: str, form: str, salt: str, *, back: bool = False) -> str:
    """Return what the permutation makes of a value, or what it was made of."""
    if not re.fullmatch("[0-9]{6,24}" if form == "digits" else "[0-9]{17}[0-9X]", value):
        return "*" * len(value)
    body, last = (value, "") if form == "digits" else (value[:17], value[17])
    size, left = len(body), len(body) // 2
    a, b = int(body[:left]), int(body[left:])
    for number in reversed(range(10)) if back else range(10):
        most = 10 ** (size - left if number % 2 else left)
        if back:
            a, b = (b - drawn(form, salt, f"{number}/{size}/{a}")) % most, a
        else:
            a, b = b, (a + drawn(form, salt, f"{number}/{size}/{b}")) % most
    moved = f"{a:0{left}d}{b:0{size - left}d}"
    if last:
        shift = drawn(form, salt, f"x/{moved if back else body}")
        last = "0123456789X"[("0123456789X".index(last) + (-shift if back else shift)) % 11]
    return moved + last


def opens(condition: Condition, value: Any) -> bool:
    """Return whether a filter's condition opens a row whose column holds `value`."""
    if isinstance(condition, IsNull):
        return value is None
    if value is None:
        return False
    match condition:
        case Equals(_, wanted):
            return bool(value == wanted)
        case OneOf(_, wanted):
            return value in wanted
        case Between(_, low, high):
            # Text sorts by its bytes, in every database alike.
            sort = (lambda text: text.encode()) if isinstance(value, str) else (lambda plain: plain)
            return (low is None or sort(value) >= sort(low)) and (high is None or sort(value) <= sort(high))
        case StartsWith(_, prefix):
            return bool(value.startswith(prefix))
    raise TypeError(condition)


def passes(check: Check, value: Any) -> bool:
    """Return whether `value` passes `check`."""
    if value is None:
        return not isinstance(check, NotNull)
    match check:
        case NotNull():
            return True
        case CreditCode():
            return credit_code.is_valid(value) and credit_code.compact(value) == value
        case CitizenId():
            return citizen_id.is_valid(value) and citizen_id.compact(value) == value
        case CodeSet(_, codes):
            return str(value) in codes
        case DateRange(_, low, high):
            day = _day(value)
            return day is not None and (low is None or day >= low) and (high is None or day <= high)
        case Pattern(_, pattern):
            return re.fullmatch(pattern, value, re.DOTALL) is not None
    raise TypeError(check)


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if not (re.fullmatch(r"[0-9]{8}", value) or re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value)):
        return None
    digits = value.replace("-", "")
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
