"""Places as the packs name them: the significant digits of the division code, from the whole country down."""

from hefu.kernel.identifiers import division_code

#: Stands for the whole country.
NATION = "00"


def significant(code: str) -> str:
    """Return the code without the zeros that only fill it up: `510000` and `510000000000` → `51`.

    Raises:
        IdentifierFault: Not the form of a division code.
    """
    return division_code.significant(code)


def ancestry(code: str) -> tuple[str, ...]:
    """Return the place and every place above it, nearest first, the whole country last.

    Raises:
        IdentifierFault: Not the form of a division code.

    >>> ancestry("511702")
    ('511702', '5117', '51', '00')
    """
    place = significant(code)
    if place == NATION:
        return (NATION,)
    return (place, *reversed(division_code.parents(place)), NATION)
