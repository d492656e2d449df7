"""Marks the sentences that people read, so that they can be translated where they are shown."""

from collections.abc import Callable, Iterable
from typing import Any


def _(text: str) -> str:
    """Mark `text` for translation and return it unchanged.

    The English sentence is the key; the Chinese stands in the `locale` folder of the room or page
    that owns the sentence. Surfaces translate, rooms never do.
    """
    return text


#: Stand between parts that are listed; translated like sentences.
COMMA, SEMICOLON = _(", "), _("; ")


class Sentence(str):
    """The English sentence as text; it remembers the form and the facts it was made from."""

    #: Stable name of what is said, where programs tell sentences apart.
    code: str
    text: str
    facts: dict[str, Any]

    def __new__(cls, text: str, /, *, code: str = "", **facts: Any) -> "Sentence":
        """Make the sentence from `text`, marked for translation, with `{fact}` fields."""
        made = super().__new__(cls, text.format(**facts))
        made.code, made.text, made.facts = code, text, facts
        return made


class Listed(str):
    """Parts in one text, which a surface can still put in its reader's language one by one."""

    parts: tuple[Any, ...]
    between: str

    def __new__(cls, parts: Iterable[Any], between: str = COMMA) -> "Listed":
        """Join `parts`; marked words among them are `Sentence`s."""
        kept = tuple(parts)
        made = super().__new__(cls, between.join(map(str, kept)))
        made.parts, made.between = kept, between
        return made


def in_language(fact: Any, say: Callable[[str], str]) -> Any:
    """Return a fact with every sentence in it translated by `say`; names and numbers stay as they are."""
    if isinstance(fact, Sentence):
        return say(fact.text).format(**{name: in_language(inner, say) for name, inner in fact.facts.items()})
    if isinstance(fact, Listed):
        return say(fact.between).join(str(in_language(part, say)) for part in fact.parts)
    return fact


def stored(fact: Any) -> Any:
    """Return a fact as JSON keeps it, sentences with their form, so that `read_back` finds them again."""
    if isinstance(fact, Sentence):
        inner = {name: stored(one) for name, one in fact.facts.items()}
        return {"code": fact.code, "text": fact.text, "facts": inner}
    if isinstance(fact, Listed):
        return {"parts": [stored(part) for part in fact.parts], "between": fact.between}
    return fact if isinstance(fact, int | float | bool | None) else str(fact)


def read_back(value: Any) -> Any:
    """Return the fact that `stored` wrote.

    >>> chinese = {"{what} is gone": "没有{what}了", "the table": "表", ", ": "、"}
    >>> said = Sentence("{what} is gone", what=Listed([Sentence("the table"), "t"]), code="gone")
    >>> again = read_back(stored(said))
    >>> str(again), in_language(again, lambda text: chinese.get(text, text))
    ('the table, t is gone', '没有表、t了')
    """
    if isinstance(value, dict) and "text" in value:
        facts = {name: read_back(inner) for name, inner in value["facts"].items()}
        return Sentence(value["text"], code=value.get("code", ""), **facts)
    if isinstance(value, dict) and "parts" in value:
        return Listed((read_back(part) for part in value["parts"]), value["between"])
    return value
