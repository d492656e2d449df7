"""Every refusal of the ledger is complete in English and in Chinese, and names the same facts in both."""

import re
from pathlib import Path

from babel.messages.pofile import read_po

import hefu.ledger.receipt as receipts
from hefu.kernel.refusal import Refusal
from hefu.ledger import errors

CATALOG = Path(errors.__file__).parent / "locale/zh_Hans/LC_MESSAGES/django.po"
REFUSALS = [
    kind
    for module in (errors, receipts)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Refusal) and kind.__module__ == module.__name__
]


def test_every_sentence_has_its_chinese_and_names_the_same_facts() -> None:
    with CATALOG.open("rb") as file:
        chinese = {message.id: message.string for message in read_po(file) if message.id}
    english = {kind.text for kind in REFUSALS}
    assert chinese.keys() == english
    for text, translated in chinese.items():
        assert sorted(re.findall(r"{[^}]*}", text)) == sorted(re.findall(r"{[^}]*}", translated))


def test_every_refusal_has_its_own_code_and_a_next_step() -> None:
    assert len(REFUSALS) > 10
    assert len({kind.code for kind in REFUSALS}) == len(REFUSALS)
    for kind in REFUSALS:
        assert kind.code.startswith(("ledger.", "receipt."))
        assert re.search(r"[.:;] [A-Za-z]", kind.text), kind
        assert kind.status >= 400
