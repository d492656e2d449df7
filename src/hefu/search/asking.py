"""A question put to an index: what matches, in order, and counts by facet, all within what may be seen."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any
from uuid import UUID

import tantivy
from tantivy import FieldType, Occur, Order, Query

from hefu.search.folding import fold
from hefu.search.index import Index
from hefu.search.pieces import Piece, pieces
from hefu.search.schema import BETWEEN_FACETS, BETWEEN_VALUES, WHOLE, combined, instant, whole
from hefu.search.suggesting import Vocabulary
from hefu.search.terms import FURTHEST, MOST_VALUES, TOGETHER, Count, Found, Question, Scope, Sort

#: How much a word counts more when it stands in the name or an item than anywhere.
_IN_NAME, _IN_ITEMS, _EXACT = 4.0, 1.5, 50.0
#: Terms that a beginning may stand for; the first in the alphabet.
_ENDINGS = 300
#: Values of a facet up to which the counts of an index in several parts are exact.
_EXACT_COUNTS = 20_000
#: Of so many words an entry may lack one, when none has all.
_ENOUGH = 3
#: A question that finds fewer than these may have been mistyped.
_FEW = 3

_ORDERS = {
    Sort.NEWEST: ("published", Order.Desc),
    Sort.NAME: ("order", Order.Asc),
    Sort.USES: ("uses", Order.Desc),
}


class Asking:
    """One question and one scope over one view of an index."""

    def __init__(self, index: Index, scope: Scope, question: Question) -> None:
        """Read the question."""
        self.schema = index.schema
        self.searcher = index.searcher()
        self.question = question
        self.pieces = pieces(question.text)
        self._limits = {name: self._one_of(name, values) for name, values in question.chosen if values}
        self._may = scope
        self._since = self._after()

    def answer(self, vocabulary: Callable[[], Vocabulary] | None = None) -> Found:
        """Return the page of hits and the counts.

        Args:
            vocabulary: Gives the words that a mistyped one may have been; without it nothing is suggested.
        """
        words, relaxed, suggestion = self._words(), False, ""
        if self.question.text.strip() and not self.pieces:
            words = Query.empty_query()
        asked = self._narrowed(words)
        total, ids = self._page(asked)
        if vocabulary and self.pieces and total < _FEW:
            suggestion = self._better(vocabulary(), total)
        if not total and len(self.pieces) >= _ENOUGH:
            words = self._words(lacking=1)
            asked = self._narrowed(words)
            total, ids = self._page(asked)
            relaxed = total > 0
        return Found(ids, total, self._counts(words, asked), relaxed=relaxed, suggestion=suggestion)

    # What narrows

    def _scope(self, but: str) -> Query | None:
        """Return the filter of what may be seen; None where all may, or where the choice keeps within it already.

        Args:
            but: Facet whose choice is put aside, so that it keeps nothing within.
        """
        scope, chosen = self._may, {name: values for name, values in self.question.chosen if name != but}
        if scope.everything or any(chosen.get(name) and {*chosen[name]} <= {*values} for name, values in scope.either):
            return None
        return self._any([self._one_of(name, values) for name, values in scope.either if values])

    def _after(self) -> Query | None:
        after = self.question.after
        if after is None:
            return None
        return Query.range_query(
            self.schema, "published", FieldType.Unsigned, instant(after.timestamp()), include_lower=False
        )

    def _one_of(self, name: str, values: Sequence[str]) -> Query:
        return self._any([self._term(name, value) for value in values])

    def _any(self, queries: Sequence[Query]) -> Query:
        if len(queries) == 1:
            return queries[0]
        return Query.boolean_query([(Occur.Should, one) for one in queries]) if queries else Query.empty_query()

    def _term(self, name: str, value: str) -> Query:
        return Query.term_query(self.schema, name, value, "basic")

    def _narrowed(self, words: Query | None, *, but: str = "") -> Query:
        """Return what was asked within scope and filters, the facet `but` left free."""
        limits = [query for name, query in self._limits.items() if name != but]
        needed = [query for query in (self._scope(but), self._since, *limits) if query is not None]
        if words is None and not needed:
            return Query.all_query()
        # Filters only let through: they take no part in the rank.
        parts = [(Occur.Must, Query.const_score_query(one, 0.0)) for one in needed]
        return Query.boolean_query([*([(Occur.Must, words)] if words else []), *parts])

    # Words

    def _words(self, *, lacking: int = 0) -> Query | None:
        """Return the query of the pieces; None when nothing was typed.

        Args:
            lacking: Pieces that an entry may lack.
        """
        if not self.pieces:
            return None
        each = [self._piece(piece) for piece in self.pieces]
        found = self._any([self._all_of(some) for some in combinations(each, len(each) - lacking)])
        if joined := self._spoken():
            found = self._any([found, joined])
        if self.question.sort is not Sort.RELEVANCE:
            return found
        return Query.boolean_query([(Occur.Must, found), *((Occur.Should, one) for one in self._ranking())])

    @staticmethod
    def _all_of(queries: Sequence[Query]) -> Query:
        """Return what fulfils all: led by the rarest, where a count of how many are fulfilled would read every one."""
        return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Must, one) for one in queries])

    def _piece(self, piece: Piece) -> Query:
        ways = [self._all("body", way) for way in piece.ways]
        return self._any([*ways, *self._beginnings(piece.forms[0])] if piece.latin else ways)

    def _all(self, name: str, terms: Sequence[str]) -> Query:
        return self._all_of([Query.term_query(self.schema, name, term, "freq") for term in terms])

    def _beginnings(self, latin: str) -> list[Query]:
        """Return what a Latin word may be the beginning of: a word, a code, a name's sound."""
        if len(latin) < 2:
            return []
        fields = ("body", "code", "sound") if latin.isascii() and latin.isalpha() else ("body", "code")
        return [query for name in fields if (query := self._prefix(name, latin))]

    def _prefix(self, name: str, beginning: str) -> Query | None:
        known = self.searcher.terms_with_prefix(name, beginning, limit=_ENDINGS)
        found = [term for term, _count in known if not term.startswith(WHOLE)]
        return Query.term_set_query(self.schema, name, found) if found else None

    def _spoken(self) -> Query | None:
        """Return the sound of syllables typed apart: `ren kou` is renkou. A code is typed with signs between."""
        text = fold(self.question.text)
        joined = "".join(text.replace("'", " ").split())
        if len(self.pieces) > 1 and joined.isascii() and joined.isalpha():
            return self._prefix("sound", joined)
        return self._prefix("code", joined) if "/" in joined or "-" in joined else None

    def _ranking(self) -> Iterable[Query]:
        yield Query.boost_query(self._term("name", whole(self.question.text)), _EXACT)
        for piece in self.pieces:
            for way in piece.ways:
                yield Query.boost_query(self._all("name", way), _IN_NAME)
            yield Query.boost_query(self._all("items", piece.ways[0]), _IN_ITEMS)

    # Answers

    def _count(self, query: Query) -> int:
        return int(self.searcher.search(query, 1).count)  # type: ignore[attr-defined]

    def _page(self, query: Query) -> tuple[int, tuple[UUID, ...]]:
        """Return how many there are, and the ids of the page asked for."""
        offset, limit = self.question.offset, self.question.limit
        if not limit or offset >= FURTHEST:
            return self._count(query), ()
        sort = self.question.sort
        if sort is Sort.RELEVANCE and not self.pieces:
            sort = Sort.NEWEST
        name, order = _ORDERS.get(sort, (None, Order.Desc))
        found = self.searcher.search(query, limit, offset=offset, order_by_field=name, order=order)
        ids = tuple(UUID(self.searcher.doc(address)["id"][0]) for _score, address in found.hits)
        return int(found.count), ids  # type: ignore[attr-defined]

    def _counts(self, words: Query | None, asked: Query) -> dict[str, tuple[Count, ...]]:
        """Count by facet: a facet without a choice over the hits, one with a choice as if nothing were chosen in it."""
        free = [name for name in self.question.counted if name not in self._limits]
        counts = self._aggregated(asked, free)
        for name in self.question.counted:
            if name in self._limits:
                counts |= self._aggregated(self._narrowed(words, but=name), [name])
        return {name: counts[name] for name in self.question.counted}

    def _aggregated(self, query: Query, names: Sequence[str]) -> dict[str, tuple[Count, ...]]:
        """Count the hits of a query by each of these facets, the most frequent values first.

        A walk over the hits costs about as much as finding them, and several times that where an entry has
        several values, so such facets are counted by their combinations and taken apart here.
        """
        if not names:
            return {}
        groups = [group for group in TOGETHER if {*group} & {*names}]
        alone = [name for name in names if not any(name in group for group in groups)]
        wanted = {name: _by(name, MOST_VALUES) for name in alone}
        wanted |= {combined(group): _by(combined(group), _EXACT_COUNTS) for group in groups}
        told = self.searcher.aggregate(query, wanted)
        counts = {name: tuple(Count(one["key"], one["doc_count"]) for one in told[name]["buckets"]) for name in alone}
        for group in groups:
            counts |= _apart(told[combined(group)]["buckets"], group)
        return {name: counts[name] for name in names}

    def _better(self, vocabulary: Vocabulary, total: int) -> str:
        """Return another spelling that finds more within the same limits; nothing for none."""
        for text in vocabulary.spellings(self.question.text, self.searcher):
            words = Query.boolean_query([(Occur.Must, self._piece(piece)) for piece in pieces(text)])
            if self._count(self._narrowed(words)) > total:
                return text
        return ""


def _by(field: str, size: int) -> dict[str, Any]:
    return {"terms": {"field": field, "size": size, "shard_size": _EXACT_COUNTS}}


def _apart(buckets: Sequence[Mapping[str, Any]], group: Sequence[str]) -> dict[str, tuple[Count, ...]]:
    """Return the counts of each facet of a group from those of their combinations."""
    made: dict[str, Counter[str]] = {name: Counter() for name in group}
    for one in buckets:
        for name, values in zip(group, one["key"].split(BETWEEN_FACETS), strict=True):
            for value in filter(None, values.split(BETWEEN_VALUES)):
                made[name][value] += one["doc_count"]
    return {
        name: tuple(Count(value, count) for value, count in counter.most_common(MOST_VALUES))
        for name, counter in made.items()
    }


def ask(index: Index, scope: Scope, question: Question, vocabulary: Callable[[], Vocabulary] | None = None) -> Found:
    """Return what an index answers within what may be seen."""
    return Asking(index, scope, question).answer(vocabulary)


def all_ids(index: Index, scope: Scope, question: Question, *, most: int) -> tuple[UUID, ...]:
    """Return every id that a question finds, in its order, up to `most`."""
    asking = Asking(index, scope, question)
    searcher: tantivy.Searcher = asking.searcher
    query = asking._narrowed(asking._words())
    sort = question.sort if asking.pieces or question.sort is not Sort.RELEVANCE else Sort.NEWEST
    name, order = _ORDERS.get(sort, (None, Order.Desc))
    hits = searcher.search(query, most, count=False, order_by_field=name, order=order).hits
    return tuple(UUID(searcher.doc(address)["id"][0]) for _score, address in hits)
