"""Citizen identity number (公民身份号码), 18 characters, last one a check character.

Source: GB 11643-1999; check character by ISO 7064 MOD 11-2.

>>> validate("11010519491231002x")
'11010519491231002X'
>>> is_valid("110105194912310021")
False
"""

from datetime import date

from hefu.kernel.identifiers.fault import IdentifierFault, fold

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
#: The check character by remainder modulo 11.
CHECK = "10X98765432"


def compact(number: str) -> str:
    """Return the number without separators, narrow and in capitals."""
    return fold(number)


def check_digit(body: str) -> str:
    """Return the check character of the first 17 digits."""
    total = sum(int(sign) * weight for sign, weight in zip(body, WEIGHTS, strict=True))
    return CHECK[total % 11]


def validate(number: str) -> str:
    """Return the compact number.

    Raises:
        IdentifierFault: Wrong length or character, an impossible birth date, or a wrong check
            character.
    """
    code = compact(number)
    if len(code) != 18:
        raise IdentifierFault(number, "length")
    if not (code[:17].isascii() and code[:17].isdigit() and code[17] in CHECK):
        raise IdentifierFault(number, "character")
    try:
        date(int(code[6:10]), int(code[10:12]), int(code[12:14]))
    except ValueError:
        raise IdentifierFault(number, "date") from None
    if check_digit(code[:17]) != code[17]:
        raise IdentifierFault(number, "check")
    return code


def is_valid(number: str) -> bool:
    """Return whether `number` is a citizen identity number, written in any width."""
    try:
        validate(number)
    except IdentifierFault:
        return False
    return True


def pretty(number: str) -> str:
    """Return the number in its four parts: division, birth date, sequence, check."""
    code = compact(number)
    return " ".join((code[:6], code[6:14], code[14:17], code[17:]))
