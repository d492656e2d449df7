"""Unified social credit code (统一社会信用代码), 18 characters, last one a check character.

Source: GB 32100-2015.

>>> validate("91110000600037341L")
'91110000600037341L'
>>> is_valid("911100006000373410")
False
"""

from hefu.kernel.identifiers.fault import IdentifierFault, fold

#: Digits and letters without I, O, S, V, Z; a sign's place is its value.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUE = {sign: place for place, sign in enumerate(ALPHABET)}
#: 3 to the power of the place, modulo 31.
WEIGHTS = tuple(pow(3, place, 31) for place in range(17))


def compact(number: str) -> str:
    """Return the number without separators, narrow and in capitals."""
    return fold(number)


def check_digit(body: str) -> str:
    """Return the check character of the first 17 characters.

    Raises:
        KeyError: A character outside the alphabet.
    """
    total = sum(_VALUE[sign] * weight for sign, weight in zip(body, WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def validate(number: str) -> str:
    """Return the compact number.

    Raises:
        IdentifierFault: Wrong length, a character outside the alphabet, or a wrong check character.
    """
    code = compact(number)
    if len(code) != 18:
        raise IdentifierFault(number, "length")
    if any(sign not in _VALUE for sign in code) or not code[2:8].isdigit():
        raise IdentifierFault(number, "character")
    if check_digit(code[:17]) != code[17]:
        raise IdentifierFault(number, "check")
    return code


def is_valid(number: str) -> bool:
    """Return whether `number` is a credit code, written in any width."""
    try:
        validate(number)
    except IdentifierFault:
        return False
    return True


def pretty(number: str) -> str:
    """Return the number in its five parts: registrar, kind, division, body, check."""
    code = compact(number)
    return " ".join((code[:1], code[1:2], code[2:8], code[8:17], code[17:]))
