"""Why a number is not a number of its scheme."""

from string import ascii_lowercase, ascii_uppercase


class IdentifierFault(ValueError):
    """A number that its scheme refuses; `reason` is one of `length`, `character`, `date`, `check`."""

    def __init__(self, number: str, reason: str) -> None:
        """Keep the number as it was typed and the reason."""
        self.number = number
        self.reason = reason
        super().__init__(f"{number!r}: {reason}")


#: Full-width forms of the ASCII signs, as Chinese input methods type them, and their narrow ones.
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
_LARGE = str.maketrans(ascii_lowercase, ascii_uppercase)


def fold(text: str) -> str:
    """Return `text` with full-width signs made narrow, spaces and hyphens dropped, letters large.

    Nothing else is taken for a digit or a letter: `②` and `²` stay what they are and are refused later.
    """
    narrow = text.translate(_NARROW)
    return "".join(sign for sign in narrow if not sign.isspace() and sign not in "-–—").translate(_LARGE)
