"""Why a number is not a number of its scheme."""

import unicodedata


class IdentifierFault(ValueError):
    """A number that its scheme refuses; `reason` is one of `length`, `character`, `date`, `check`."""

    def __init__(self, number: str, reason: str) -> None:
        """Keep the number as it was typed and the reason."""
        self.number = number
        self.reason = reason
        super().__init__(f"{number!r}: {reason}")


def fold(text: str) -> str:
    """Return `text` with full-width signs made narrow, spaces and hyphens dropped, letters large."""
    narrow = unicodedata.normalize("NFKC", text)
    return "".join(sign for sign in narrow if not sign.isspace() and sign not in "-–—").upper()
