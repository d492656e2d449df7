"""The names of notions as `lexicon.toml` lists them."""

import tomllib
from importlib import resources

from hefu.rooms.catalog.importing.notions import Field

_FILE = tomllib.loads(resources.files(__package__).joinpath("lexicon.toml").read_text(encoding="utf-8"))


def _names(table: str, separator: str | None) -> dict[Field, tuple[str, ...]]:
    return {Field(field): _told(text, separator) for field, text in _FILE[table].items()}


def _told(text: str, separator: str | None = None) -> tuple[str, ...]:
    return tuple(" ".join(name.split()) for name in text.split(separator))


CHINESE = _names("chinese", None)
ENGLISH = _names("english", ",")
#: French, German, Spanish, Portuguese, Italian, Dutch, Russian, Japanese and Korean.
OTHER = _names("other", ",")

#: Columns that catalogues show and no entry keeps, and parts of names that can only be such columns.
NOTHING_CHINESE = frozenset(_told(_FILE["nothing"]["chinese"]))
NOTHING_PARTS = _told(_FILE["nothing"]["parts"])
NOTHING_ENGLISH = _told(_FILE["nothing"]["english"], ",")

#: Words that say only that a catalogue of data is meant; longer ones first.
CHINESE_FRAME = tuple(sorted(_told(_FILE["frame"]["chinese"]), key=len, reverse=True))
ENGLISH_FRAME = frozenset(_told(_FILE["frame"]["english"]))
#: How programs shorten or bend words → the word.
ENGLISH_WORDS = {short: word for word, shorts in _FILE["words"].items() for short in shorts.split()}
