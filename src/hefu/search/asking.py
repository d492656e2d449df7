"""A question put to an index: what matches, in order, and counts by facet, all within what may be seen."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from itertools import accumulate, chain, combinations
from typing import Any
from uuid import UUID

import tantivy
from tantivy import FieldType, Occur, Order, Query

from hefu.search.counting import Counts, Walk, Walks, beside, halves
from hefu.search.folding import fold
from hefu.search.index import Index
from hefu.search.pieces import Piece, pieces
from hefu.search.schema import WHOLE, instant, whole
from hefu.search.suggesting import Vocabulary
from hefu.search.terms import FURTHEST, ONE_EACH, Found, Question, Scope, Sort

#: How much a word counts more when it stands in the name or an item than anywhere.
_IN_NAME, _IN_ITEMS, _EXACT = 4.0, 1.5, 50.0
#: Terms that a beginning may stand for; the first in the alphabet.
_ENDINGS = 300
#: Of so many words an entry may lack one, when none has all.
_ENOUGH = 3
#: A question that finds fewer than these may have been mistyped.
_FEW = 3
#: Up to so many entries that have a word, its hits are found before any is counted: they may be none.
_RARE = 20_000
#: All that an entry has to fulfil to match what was typed.
Way = tuple[Query, ...]

_ORDERS = {
    Sort.NEWEST: ("published", Order.Desc),
    Sort.NAME: ("order", Order.Asc),
    Sort.USES: ("uses", Order.Desc),
}


class Asking:
    """One question and one scope over one view of an index."""

    def __init__(self, index: Index, scope: Scope, question: Question, walks: Walks | None = None) -> None:
        """Read the question.

        Args:
            index: What is asked.
            scope: What may be seen.
            question: The question.
            walks: Counts made for earlier questions to the same view of the index, which this one adds its own to.
        """
        self._walks: Walks = {} if walks is None else walks
        self.schema = index.schema
        self.searcher = index.searcher()
        self.question = question
        self.pieces = pieces(question.text)
        chosen = {name: values for name, values in question.chosen if values}
        self._barred = {name: others for name, values in chosen.items() if (others := self._others(name, values))}
        self._limits = {name: self._one_of(name, values) for name, values in chosen.items() if name not in self._barred}
        self._may = scope
        self._since = self._after()

    def answer(
        self,
        vocabulary: Callable[[], Vocabulary] | None = None,
        meanwhile: Callable[[tuple[UUID, ...]], None] = lambda ids: None,
    ) -> Found:
        """Return the page of hits and the counts.

        Args:
            vocabulary: Gives the words that a mistyped one may have been; without it nothing is suggested.
            meanwhile: Told the page's ids while the counts are still being made.
        """
        if not self.pieces:
            return self._unworded(meanwhile)
        lacking, suggestion = 0, ""
        counting = [] if self._rare() else self._counting()
        total, ids = self._page(self._ways())
        if vocabulary and total < _FEW:
            suggestion = self._better(vocabulary(), total)
        if not total and len(self.pieces) >= _ENOUGH:
            for walk in counting:
                walk.cancel()
            lacking = 1
            total, ids = self._page(self._ways(lacking))
            counting = []
        counting = counting or self._counting(lacking)
        meanwhile(ids)
        relaxed = bool(lacking and total)
        return Found(ids, total, self._counts(counting), relaxed=relaxed, suggestion=suggestion)

    def _unworded(self, meanwhile: Callable[[tuple[UUID, ...]], None]) -> Found:
        """Answer without words: hits are many and their order is known, so nothing walks over all of them twice."""
        ways = self._ways()
        whole, counting = self._narrowed(ways), self._counting()
        if self.question.sort not in (Sort.RELEVANCE, Sort.NEWEST):
            total, ids = self._page(ways)
            meanwhile(ids)
            return Found(ids, total, self._counts(counting))
        ids = self._newest(whole)
        meanwhile(ids)
        free = self._free()
        return Found(ids, counting[0].result().hits if free else self._count(whole), self._counts(counting))

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

    def _others(self, name: str, values: Sequence[str]) -> Query | None:
        """Return the values that were not chosen, of a facet of which each entry has one, where they are the fewer."""
        if name not in ONE_EACH:
            return None
        known = dict(self.searcher.terms_with_prefix(name, ""))
        others = [value for value in known if value not in values]
        if sum(known[value] for value in others) * 2 > sum(known.values()):
            return None
        return self._any([self._term(name, value) for value in others])

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

    def _narrowed(self, ways: Sequence[Way], *, but: str = "") -> Query:
        """Return what was asked within scope and filters, the facet `but` left free.

        The filters stand in every way, so that each is led by what is rarest in it.
        """
        limits = [query for name, query in self._limits.items() if name != but]
        needed = [query for query in (self._scope(but), self._since, *limits) if query is not None]
        # Filters only let through: they take no part in the rank.
        parts = [(Occur.Must, Query.const_score_query(one, 0.0)) for one in needed]
        parts += [(Occur.MustNot, query) for name, query in self._barred.items() if name != but]
        return self._any([self._fulfilled(way, parts) for way in ways])

    @staticmethod
    def _fulfilled(way: Way, parts: Sequence[tuple[Occur, Query]]) -> Query:
        needed = [(Occur.Must, one) for one in way]
        if not needed and not any(occur == Occur.Must for occur, _query in parts):
            needed = [(Occur.Must, Query.all_query())]
        return Query.boolean_query([*needed, *parts])

    # Words

    def _ways(self, lacking: int = 0) -> list[Way]:
        """Return the ways to match what was typed: one that needs nothing when nothing was, none when no word was.

        Args:
            lacking: Pieces that an entry may lack.
        """
        if not self.pieces:
            return [] if self.question.text.strip() else [()]
        each = [self._piece(piece) for piece in self.pieces]
        ways: list[Way] = [tuple(chain(*some)) for some in combinations(each, len(each) - lacking)]
        joined = self._spoken()
        return [*ways, (joined,)] if joined else ways

    def _rare(self) -> bool:
        """Return whether few entries have all the words, whatever else is asked."""
        plain = [ways[0] for piece in self.pieces if len(ways := _widest(piece.ways)) == 1 and not piece.latin]
        return any(self.searcher.doc_freq("body", term) < _RARE for term in chain(*plain))

    def _piece(self, piece: Piece) -> Way:
        """Return what an entry has to fulfil for a piece: all of it."""
        widest = _widest(piece.ways)
        if len(widest) == 1 and not piece.latin:
            return tuple(self._terms("body", widest[0]))
        ways = [self._all("body", way) for way in widest]
        return (self._any([*ways, *self._beginnings(piece.forms[0])] if piece.latin else ways),)

    def _terms(self, name: str, terms: Sequence[str]) -> list[Query]:
        return [Query.term_query(self.schema, name, term, "freq") for term in terms]

    def _all(self, name: str, terms: Sequence[str]) -> Query:
        """Return what has all terms: led by the rarest, where a count of how many it has would read every one."""
        each = self._terms(name, terms)
        return each[0] if len(each) == 1 else Query.boolean_query([(Occur.Must, one) for one in each])

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

    def _asked(self, ways: Sequence[Way]) -> Query:
        """Return what was asked as it is ranked."""
        found = self._narrowed(ways)
        if not self.pieces or self.question.sort is not Sort.RELEVANCE:
            return found
        # One within another: side by side they would be united first, entry by entry, whatever was found.
        for one in self._ranking():
            found = Query.boolean_query([(Occur.Must, found), (Occur.Should, one)])
        return found

    def _page(self, ways: Sequence[Way]) -> tuple[int, tuple[UUID, ...]]:
        """Return how many there are, and the ids of the page asked for."""
        query, offset, limit = self._asked(ways), self.question.offset, self.question.limit
        if not limit or offset >= FURTHEST:
            return self._count(query), ()
        sort = self.question.sort
        if sort is Sort.RELEVANCE and not self.pieces:
            sort = Sort.NEWEST
        name, order = _ORDERS.get(sort, (None, Order.Desc))
        found = self.searcher.search(query, limit, offset=offset, order_by_field=name, order=order)
        return int(found.count), self._ids(found.hits)  # type: ignore[attr-defined]

    def _newest(self, query: Query) -> tuple[UUID, ...]:
        """Return the ids of the page asked for, newest first: of the last months, when these have enough."""
        offset, limit = self.question.offset, self.question.limit
        if not limit or offset >= FURTHEST:
            return ()
        months = sorted(self.searcher.terms_with_prefix("month", ""), reverse=True)
        for enough in (20 * (offset + limit), 1000 * (offset + limit)):
            before = accumulate((count for _month, count in months), initial=0)
            last = [month for (month, _count), held in zip(months, before, strict=False) if held < enough]
            if len(last) == len(months):
                break
            lately = Query.term_set_query(self.schema, "month", last)
            page = self._first(Query.boolean_query([(Occur.Must, lately), (Occur.Must, query)]))
            if len(page) == limit:
                return page
        return self._first(query)

    def _first(self, query: Query) -> tuple[UUID, ...]:
        offset, limit = self.question.offset, self.question.limit
        name, order = _ORDERS[Sort.NEWEST]
        found = self.searcher.search(query, limit, count=False, offset=offset, order_by_field=name, order=order)
        return self._ids(found.hits)

    def _ids(self, hits: Sequence[tuple[Any, Any]]) -> tuple[UUID, ...]:
        return tuple(UUID(self.searcher.doc(address)["id"][0]) for _rank, address in hits)

    def _free(self) -> list[str]:
        """Return the facets to count in which nothing is chosen."""
        return [name for name in self.question.counted if name not in self._limits and name not in self._barred]

    def _counting(self, lacking: int = 0) -> list[Future[Walk]]:
        """Begin to count: first facets without a choice, over the hits; then each with one, as if it had none."""
        free = self._free()
        # Without words finding costs little and counting much, so that two walks share it.
        shares = [free] if self.pieces else halves(free)
        walks = [("", share) for share in shares if share]
        walks += [(name, [name]) for name in self.question.counted if name not in free]
        return [self._walk(lacking, but, names) for but, names in walks]

    def _walk(self, lacking: int, but: str, names: Sequence[str]) -> Future[Walk]:
        """Begin to count these facets with the choice of `but` put aside, unless an earlier question had it counted.

        Who narrows step by step asks for the same counts again and again: what `level` would say without a
        choice is what it said before one was made.
        """
        left = tuple(sorted((name, tuple(sorted(values))) for name, values in self.question.chosen if name != but))
        key = (self._may, self.question.text, lacking, left, self.question.after)
        known = self._walks.get(key)
        if known and {*names} <= {*known.counts}:
            done: Future[Walk] = Future()
            done.set_result(Walk(known.hits, {name: known.counts[name] for name in names}))
            return done

        def keep(made: Future[Walk]) -> None:
            if not made.cancelled() and not made.exception():
                beside_it = self._walks.get(key, made.result())
                self._walks[key] = Walk(beside_it.hits, {**beside_it.counts, **made.result().counts})

        walk = beside(self.searcher, self._narrowed(self._ways(lacking), but=but), names)
        walk.add_done_callback(keep)
        return walk

    def _counts(self, counting: Sequence[Future[Walk]]) -> Counts:
        counts = {name: told for walk in counting for name, told in walk.result().counts.items()}
        return {name: counts[name] for name in self.question.counted}

    def _better(self, vocabulary: Vocabulary, total: int) -> str:
        """Return another spelling that finds more within the same limits; nothing for none."""
        for text in vocabulary.spellings(self.question.text, self.searcher):
            way = tuple(chain(*(self._piece(piece) for piece in pieces(text))))
            if self._count(self._narrowed([way])) > total:
                return text
        return ""


def _widest(ways: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the ways without those that only ask for more than another: who writes 自然资源和规划 writes 自然资源.

    >>> _widest([("自然", "资源", "规划"), ("自规",), ("自然", "资源")])
    [('自规',), ('自然', '资源')]
    """
    each = [{*way} for way in ways]
    return [way for way, terms in zip(ways, each, strict=True) if not any(other < terms for other in each)]


def ask(
    index: Index,
    scope: Scope,
    question: Question,
    vocabulary: Callable[[], Vocabulary] | None = None,
    meanwhile: Callable[[tuple[UUID, ...]], None] = lambda ids: None,
    walks: Walks | None = None,
) -> Found:
    """Return what an index answers within what may be seen; the arguments are those of `Asking` and its `answer`."""
    return Asking(index, scope, question, walks).answer(vocabulary, meanwhile)


def all_ids(index: Index, scope: Scope, question: Question, *, most: int) -> tuple[UUID, ...]:
    """Return every id that a question finds, in its order, up to `most`."""
    asking = Asking(index, scope, question)
    searcher: tantivy.Searcher = asking.searcher
    query = asking._asked(asking._ways())
    sort = question.sort if asking.pieces or question.sort is not Sort.RELEVANCE else Sort.NEWEST
    name, order = _ORDERS.get(sort, (None, Order.Desc))
    hits = searcher.search(query, most, count=False, order_by_field=name, order=order).hits
    return tuple(UUID(searcher.doc(address)["id"][0]) for _score, address in hits)
