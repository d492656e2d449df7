"""The registry of legal documents: what the packs cite, by rank and by the days on which it holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

from hefu.kernel.citation import Citation
from hefu.law import load
from hefu.law.model import Document, Pack
from hefu.law.terms import Rank


@dataclass(frozen=True)
class Registered:
    """A document with the packs that cite it."""

    document: Document
    packs: tuple[str, ...]

    def holds(self, on: date) -> bool:
        """Return whether the document is in force on `on`; an unknown first day counts as in force."""
        starts, ends = self.document.in_force_from, self.document.in_force_until
        return (starts is None or starts <= on) and (ends is None or on <= ends)


@cache
def registry() -> dict[str, Registered]:
    """Return every document of the shipped packs by its id.

    Raises:
        PackError: A shipped pack is broken.
    """
    return registry_of(load.shipped())


def registry_of(packs: Iterable[Pack]) -> dict[str, Registered]:
    """Return every document of `packs` by its id."""
    found: dict[str, Registered] = {}
    for pack in packs:
        for document in pack.documents.values():
            known = found.get(document.id)
            citing = (*known.packs, pack.ref.id) if known else (pack.ref.id,)
            found[document.id] = Registered(document, citing)
    return found


def of_ranks(ranks: Iterable[Rank], *, on: date) -> tuple[Document, ...]:
    """Return the documents of these ranks that hold on `on`, highest rank first: what a picker offers."""
    order = list(Rank)
    wanted = set(ranks)
    found = (one.document for one in registry().values() if one.document.rank in wanted and one.holds(on))
    return tuple(sorted(found, key=lambda document: (order.index(document.rank), document.id)))


def no_longer_holding(citations: Iterable[Citation], *, on: date) -> tuple[Citation, ...]:
    """Return those of `citations` whose document has ended by `on`.

    What rests on them goes to the reviewers. A document that no pack knows is left alone: nothing is known of its end.
    """
    known = registry()
    return tuple(
        citation for citation in citations if (one := known.get(citation.document)) is not None and _ended(one, on)
    )


def _ended(one: Registered, on: date) -> bool:
    ends = one.document.in_force_until
    return ends is not None and on > ends
