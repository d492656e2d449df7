"""Text in cells of spreadsheets, which people open with programs that run formulas."""

import re

#: Text that a spreadsheet program would run as a formula.
_FORMULA = re.compile(r"^'*[=+\-@\t\r\n|%＝＋－＠]")


def safe(text: str) -> str:
    """Return `text` so that no program takes it for a formula: a quote stands before a sign that begins one.

    >>> safe("=1+1")
    "'=1+1"
    >>> safe("1+1=2")
    '1+1=2'
    """
    return f"'{text}" if _FORMULA.match(text) else text


def unquoted(text: str) -> str:
    """Return what `safe` was given.

    >>> unquoted(safe("=1+1"))
    '=1+1'
    """
    return text[1:] if text[:1] == "'" and _FORMULA.match(text) else text
