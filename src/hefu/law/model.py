"""A pack in memory: one jurisdiction's rules as dated values."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from hefu.kernel.citation import Citation
from hefu.law.count import Manner
from hefu.law.deadline import PackRef
from hefu.law.terms import Kind, OnExpiry, Rank, Resume, State, Term, Words


@dataclass(frozen=True)
class Document:
    """A legal text that a pack cites."""

    id: str
    title: Words
    #: Number under which it was issued; empty where the source lost it.
    number: str
    rank: Rank
    #: Day of adoption or issue, where known.
    adopted: date | None
    #: First and last day in force, where known.
    in_force_from: date | None
    in_force_until: date | None
    #: Parts that are missing from every copy we have, such as `art. 10-19`.
    lost: tuple[str, ...]
    #: The same parts, named in Chinese.
    lost_zh: tuple[str, ...]
    #: What is uncertain about it.
    doubt: Words | None

    def cite(self, article: str = "") -> Citation:
        """Return a citation of `article` under the title people know."""
        return Citation(self.id, article, self.title.zh)


@dataclass(frozen=True)
class Amount:
    """A number that is not a length of time."""

    number: Decimal
    #: Such as `yuan`, `percent`, `hour`.
    unit: str


@dataclass(frozen=True)
class Ground:
    """One thing that a refusal may rest on, or may not."""

    term: Term
    source: Citation
    #: Ranks of the document that must be named with it; empty where none needs to be named.
    ranks: tuple[Rank, ...] = ()


@dataclass(frozen=True)
class GroundsTerms:
    """What a refusal may rest on, and what does not count."""

    permitted: tuple[Ground, ...]
    not_permitted: tuple[Ground, ...]


@dataclass(frozen=True)
class Pause:
    """An event that stops a running period."""

    event: str
    resume: Resume
    source: Citation


@dataclass(frozen=True)
class Value:
    """What a rule says from one day on."""

    from_day: date
    state: State
    source: Citation
    amended_by: Citation | None = None
    #: What the law says about cases that were already running.
    transition: Words | None = None
    note: Words | None = None
    #: Length of a period; 0 for other kinds.
    amount: int = 0
    #: What must hold besides, such as the authority's consent.
    conditions: tuple[Term, ...] = ()
    pauses: tuple[Pause, ...] = ()
    on_expiry: OnExpiry | None = None
    choice: Term | None = None
    items: tuple[Term, ...] = ()
    quantity: Amount | None = None
    grounds: GroundsTerms | None = None


@dataclass(frozen=True)
class Parameter:
    """One rule of a pack with all its dated values."""

    rule: str
    kind: Kind
    meaning: Words
    #: Event whose day picks the value.
    chosen_by: str
    #: For periods: event that starts the clock, and how days are counted.
    counts_from: str
    manner: Manner | None
    values: tuple[Value, ...]
    #: Last day on which a person compared the file with the law.
    checked: date
    file: str

    def at(self, on: date) -> Value | None:
        """Return the value whose turn it is on `on`; None before the first."""
        found = None
        for value in self.values:
            if value.from_day > on:
                break
            found = value
        return found


@dataclass(frozen=True)
class Pack:
    """One jurisdiction's regulation."""

    ref: PackRef
    #: Significant digits of the division code; `00` is the whole country.
    place: str
    #: Id of the pack one level up; empty at the top.
    parent: str
    documents: dict[str, Document] = field(repr=False)
    parameters: dict[str, Parameter] = field(repr=False)

    def cite(self, citation: Citation) -> Citation:
        """Return the citation with the title of its document."""
        return self.documents[citation.document].cite(citation.article)
