"""Administrative division code (行政区划代码): 2, 4, 6, 9 or 12 digits, no check digit.

Source: GB/T 2260-2007 for the first six digits, GB/T 10114-2003 for the rest.

>>> validate("510000")
'510000'
>>> parents("511702")
('51', '5117')
>>> parents("511702000000")
('51', '5117')
"""

from itertools import pairwise

from hefu.kernel.identifiers.fault import IdentifierFault, fold

LENGTHS = (2, 4, 6, 9, 12)


def compact(number: str) -> str:
    """Return the code without separators, narrow."""
    return fold(number)


def validate(number: str) -> str:
    """Return the compact code.

    Raises:
        IdentifierFault: Wrong length, or a character that is not a digit.
    """
    code = compact(number)
    if len(code) not in LENGTHS:
        raise IdentifierFault(number, "length")
    if not (code.isascii() and code.isdigit()):
        raise IdentifierFault(number, "character")
    return code


def is_valid(number: str) -> bool:
    """Return whether `number` has the form of a division code."""
    try:
        validate(number)
    except IdentifierFault:
        return False
    return True


def significant(number: str) -> str:
    """Return the code without the zeros that only fill it up: `510000` and `510000000000` → `51`.

    Raises:
        IdentifierFault: As for `validate`.
    """
    code = validate(number)
    for longer, shorter in zip(LENGTHS[:0:-1], LENGTHS[-2::-1], strict=True):
        if len(code) == longer and set(code[shorter:]) == {"0"}:
            code = code[:shorter]
    return code


def parents(number: str) -> tuple[str, ...]:
    """Return the prefixes of the places above this one, highest first: province, city, county, town.

    Zeros that only fill the code up (`510000`) are no level of their own.

    Raises:
        IdentifierFault: As for `validate`.
    """
    code = significant(number)
    return tuple(code[:length] for length in LENGTHS if length < len(code))


def pretty(number: str) -> str:
    """Return the code in its levels."""
    code = compact(number)
    cuts = [0, *[length for length in LENGTHS if length < len(code)], len(code)]
    return " ".join(code[start:end] for start, end in pairwise(cuts))
