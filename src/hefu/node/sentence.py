"""A sentence for people that a surface can still put in their language."""

from collections.abc import Callable
from typing import Any

#: Is told a `Sentence`; `print` will do.
Say = Callable[[str], None]


class Sentence(str):
    """The English sentence as text; it remembers the form and the facts it was made from."""

    text: str
    facts: dict[str, Any]

    def __new__(cls, text: str, **facts: Any) -> "Sentence":
        """Make the sentence from `text`, marked for translation, with `{fact}` fields."""
        made = super().__new__(cls, text.format(**facts))
        made.text, made.facts = text, facts
        return made
