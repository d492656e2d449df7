"""Marked words in the reader's language."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, gettext


def say(word: str) -> str:
    """Return a marked word or sentence in the reader's language."""
    return gettext(word) if word else ""


def in_chinese() -> bool:
    """Return whether the reader reads Chinese."""
    return (get_language() or "").startswith("zh")


def name_of(value: str, names: Mapping[Any, str]) -> str:
    """Return the name that `names` gives to a stored value, in the reader's language; the value when it has none."""
    return say(names.get(value, value))
