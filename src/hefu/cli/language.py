"""Chooses the language that the command line answers in, without Django."""

import gettext
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from hefu.kernel.refusal import Refusal
from hefu.kernel.words import COMMA, Listed, Sentence, in_language, read_back
from hefu.law.terms import Language, Words

_PACKAGE = Path(__file__).resolve().parent.parent


def chosen(environ: Mapping[str, str]) -> str:
    """Return `zh_Hans` or `en`: what HEFU_LANG or the shell's own language asks for.

    >>> chosen({"LANG": "zh_CN.UTF-8"}), chosen({"LANG": "C.UTF-8"}), chosen({"LANG": "zh_CN", "HEFU_LANG": "en"})
    ('zh_Hans', 'en', 'en')
    """
    for name in ("HEFU_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environ.get(name):
            return "zh_Hans" if value.lower().startswith("zh") else "en"
    return "en"


@cache
def _catalogs(language: str) -> tuple[gettext.GNUTranslations, ...]:
    files = sorted(_PACKAGE.glob(f"**/locale/{language}/LC_MESSAGES/django.mo"))
    found = []
    for file in files:
        with file.open("rb") as opened:
            found.append(gettext.GNUTranslations(opened))
    return tuple(found)


def translated(text: str) -> str:
    """Return `text` in the chosen language, or as it is when nobody translated it."""
    for catalog in _catalogs(chosen(os.environ)):
        if (found := catalog.gettext(text)) != text:
            return found
    return text


def sentence_of(refusal: Refusal) -> str:
    """Return the refusal's sentence in the chosen language."""
    return filled(refusal.text, refusal.facts)


def told(sentence: str) -> str:
    """Return a sentence of the node in the chosen language; other text as it is."""
    return filled(sentence.text, sentence.facts) if isinstance(sentence, Sentence) else sentence


def filled(text: str, facts: Mapping[str, Any]) -> str:
    """Return `text` in the chosen language with its facts; a fact may be a sentence itself, also a stored one."""
    return translated(text).format(**{name: _fact(read_back(fact)) for name, fact in facts.items()})


def _fact(fact: Any) -> Any:
    if isinstance(fact, Sentence | Listed):
        return in_language(fact, translated)
    if isinstance(fact, Words):
        return fact.in_(Language.ZH if chosen(os.environ) == "zh_Hans" else Language.EN)
    if isinstance(fact, list | tuple | set | frozenset):
        return translated(COMMA).join(str(_fact(part)) for part in fact)
    return translated(fact) if isinstance(fact, str) and fact else fact
