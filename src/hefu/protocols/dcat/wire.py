"""A catalogue as DCAT-AP 3.0.1 triples and their text. Pure: facts in, statements out, one entry at a time.

The ranges of DCAT-AP want typed things, not bare addresses, so every value from a vocabulary carries its
type in the same graph; a page of a catalogue is then valid by itself.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import IO
from urllib.parse import quote, urlsplit

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, serialize

from hefu.protocols.dcat import vocabulary as words
from hefu.protocols.dcat.vocabulary import DCAT, DCT, FOAF, HEFU, HYDRA, RDF, SKOS, VCARD, XSD, node

Node = NamedNode | BlankNode | Literal


class Syntax(Enum):
    """How the graph is written: ending → format and media type."""

    TURTLE = ("ttl", RdfFormat.TURTLE, "text/turtle")
    JSON_LD = ("jsonld", RdfFormat.STREAMING_JSON_LD, "application/ld+json")
    RDF_XML = ("rdf", RdfFormat.RDF_XML, "application/rdf+xml")

    @property
    def ending(self) -> str:
        """Return the ending of a file's name."""
        return self.value[0]

    @property
    def format(self) -> RdfFormat:
        """Return the writer's format."""
        return self.value[1]

    @property
    def media_type(self) -> str:
        """Return the media type."""
        return self.value[2]


@dataclass(frozen=True)
class Agent:
    """Who publishes."""

    iri: str
    name: str
    #: Unified social credit code.
    code: str = ""


@dataclass(frozen=True)
class Item:
    """信息项: one field of a dataset."""

    name: str
    #: Facts of the item: word of our vocabulary → text; empty ones are left out.
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Dataset:
    """One entry as outsiders read it."""

    iri: str
    code: str
    title: str
    description: str
    publisher: Agent
    #: Where a person reads about it.
    page: str
    version: int = 0
    #: Where it is offered in the catalogue that it came from, if anywhere.
    landing_page: str = ""
    issued: date | datetime | None = None
    modified: date | datetime | None = None
    #: Last part of the address in the EU's table of frequencies, and in that of access rights; empty when unknown.
    frequency: str = ""
    access: str = ""
    theme: str = ""
    keywords: tuple[str, ...] = ()
    phone: str = ""
    email: str = ""
    #: As the entry writes them; one distribution each.
    formats: tuple[str, ...] = ()
    #: What the law of this country adds: word of our vocabulary → text, in order; a word may come twice.
    law: tuple[tuple[str, str], ...] = ()
    items: tuple[Item, ...] = ()


@dataclass(frozen=True)
class Page:
    """Where a page of a catalogue stands among the others."""

    iri: str
    first: str
    #: Address of the next page; empty on the last.
    next: str = ""


@dataclass(frozen=True)
class Catalogue:
    """The catalogue itself."""

    iri: str
    title: str
    description: str
    publisher: Agent
    homepage: str
    modified: datetime | None = None
    #: Entries of all pages; None when nobody counted.
    total: int | None = None
    page: Page | None = None


def write(catalogue: Catalogue, datasets: Iterable[Dataset], syntax: Syntax, output: IO[bytes]) -> None:
    """Write a catalogue with its datasets; at any moment one of them is in memory."""
    serialize(triples(catalogue, datasets), output=output, format=syntax.format, prefixes=dict(words.PREFIXES))


def triples(catalogue: Catalogue, datasets: Iterable[Dataset]) -> Iterator[Triple]:
    """Yield the statements of a catalogue and its datasets."""
    graph = _Graph()
    yield from graph.catalogue(catalogue)
    for dataset in datasets:
        yield from graph.dataset(catalogue, dataset)


@dataclass
class _Graph:
    """What was already said of shared things: departments, themes, values of vocabularies."""

    said: set[str] = field(default_factory=set)
    blanks: int = 0

    def catalogue(self, told: Catalogue) -> Iterator[Triple]:
        this = NamedNode(told.iri)
        yield _typed(this, DCAT, "Catalog")
        yield Triple(this, node(DCT, "title"), _text(told.title))
        yield Triple(this, node(DCT, "description"), _text(told.description or told.title))
        yield Triple(this, node(FOAF, "homepage"), NamedNode(told.homepage))
        yield from self._once(told.homepage, FOAF, "Document")
        yield Triple(this, node(DCT, "publisher"), NamedNode(told.publisher.iri))
        yield from self._agent(told.publisher)
        yield Triple(this, node(DCT, "language"), NamedNode(words.LANGUAGE))
        yield from self._once(words.LANGUAGE, DCT, "LinguisticSystem")
        if told.modified:
            yield Triple(this, node(DCT, "modified"), _moment(told.modified))
        yield from _paging(this, told)

    def dataset(self, of: Catalogue, told: Dataset) -> Iterator[Triple]:
        """Yield all of a dataset, what is said of itself together: writers then name it once."""
        this = NamedNode(told.iri)
        beside = []
        yield Triple(NamedNode(of.iri), node(DCAT, "dataset"), this)
        for triple in self._dataset(this, told):
            if triple.subject == this:
                yield triple
            else:
                beside.append(triple)
        yield from beside

    def _dataset(self, this: NamedNode, told: Dataset) -> Iterator[Triple]:
        yield _typed(this, DCAT, "Dataset")
        yield Triple(this, node(DCT, "identifier"), Literal(told.code))
        yield Triple(this, node(DCT, "title"), _text(told.title))
        # An entry without an abstract still needs a description, and the title is all that is known of it.
        yield Triple(this, node(DCT, "description"), _text(told.description or told.title))
        yield Triple(this, node(DCT, "publisher"), NamedNode(told.publisher.iri))
        yield from self._agent(told.publisher)
        if told.version:
            yield Triple(this, node(DCAT, "version"), Literal(str(told.version)))
        for name, when in (("issued", told.issued), ("modified", told.modified)):
            if when:
                yield Triple(this, node(DCT, name), _moment(when))
        yield Triple(this, node(FOAF, "page"), NamedNode(told.page))
        yield _typed(NamedNode(told.page), FOAF, "Document")
        yield from self._values(this, told)
        for keyword in dict.fromkeys(told.keywords):
            yield Triple(this, node(DCAT, "keyword"), _text(keyword))
        yield from self._contact(this, told)
        for number, kind in enumerate(told.formats, start=1):
            yield from self._distribution(this, told, number, kind)
        for word, text in told.law:
            yield Triple(this, node(HEFU, word), Literal(text))
        for position, item in enumerate(told.items, start=1):
            yield from self._item(this, position, item)

    def _values(self, this: NamedNode, told: Dataset) -> Iterator[Triple]:
        if told.frequency:
            value = words.FREQUENCY + told.frequency
            yield Triple(this, node(DCT, "accrualPeriodicity"), NamedNode(value))
            yield from self._once(value, DCT, "Frequency")
        if told.access:
            value = words.ACCESS_RIGHT + told.access
            yield Triple(this, node(DCT, "accessRights"), NamedNode(value))
            yield from self._once(value, DCT, "RightsStatement")
        landing = web_address(told.landing_page)
        if landing:
            yield Triple(this, node(DCAT, "landingPage"), NamedNode(landing))
            yield _typed(NamedNode(landing), FOAF, "Document")
        if told.theme:
            value = f"urn:hefu:theme:{quote(told.theme, safe='')}"
            yield Triple(this, node(DCAT, "theme"), NamedNode(value))
            if value not in self.said:
                yield from self._once(value, SKOS, "Concept")
                yield Triple(NamedNode(value), node(SKOS, "prefLabel"), _text(told.theme))

    def _agent(self, told: Agent) -> Iterator[Triple]:
        if told.iri in self.said:
            return
        self.said.add(told.iri)
        this = NamedNode(told.iri)
        yield _typed(this, FOAF, "Agent")
        yield Triple(this, node(FOAF, "name"), _text(told.name))
        if told.code:
            yield Triple(this, node(DCT, "identifier"), Literal(told.code))

    def _contact(self, this: NamedNode, told: Dataset) -> Iterator[Triple]:
        number = re.sub(r"[^\d+]", "", told.phone)
        mailto = f"mailto:{quote(told.email, safe='@')}" if re.fullmatch(r"[^@\s]+@[^@\s]+", told.email) else ""
        if not number and not mailto:
            return
        point = self._blank()
        yield Triple(this, node(DCAT, "contactPoint"), point)
        yield _typed(point, VCARD, "Kind")
        yield _typed(point, VCARD, "Organization")
        yield Triple(point, node(VCARD, "fn"), _text(told.publisher.name))
        if number:
            yield Triple(point, node(VCARD, "hasTelephone"), NamedNode(f"tel:{number}"))
        if mailto:
            yield Triple(point, node(VCARD, "hasEmail"), NamedNode(mailto))

    def _distribution(self, this: NamedNode, told: Dataset, number: int, kind: str) -> Iterator[Triple]:
        offer = NamedNode(f"{told.iri}#distribution-{number}")
        yield Triple(this, node(DCAT, "distribution"), offer)
        yield _typed(offer, DCAT, "Distribution")
        yield Triple(offer, node(DCT, "title"), _text(kind))
        yield Triple(offer, node(DCAT, "accessURL"), NamedNode(web_address(told.landing_page) or told.page))
        code, media = words.FORMATS.get(kind.casefold(), ("", ""))
        value = words.FILE_TYPE + code if code else f"urn:hefu:format:{quote(kind, safe='')}"
        yield Triple(offer, node(DCT, "format"), NamedNode(value))
        yield from self._once(value, DCT, "MediaTypeOrExtent")
        if media:
            yield Triple(offer, node(DCAT, "mediaType"), NamedNode(words.MEDIA_TYPE + media))
            yield from self._once(words.MEDIA_TYPE + media, DCT, "MediaType")

    def _item(self, this: NamedNode, position: int, told: Item) -> Iterator[Triple]:
        item = self._blank()
        yield Triple(this, node(HEFU, "item"), item)
        yield Triple(item, node(HEFU, "item_position"), Literal(str(position), datatype=node(XSD, "integer")))
        yield Triple(item, node(HEFU, "item_name"), Literal(told.name))
        for word, text in told.facts:
            yield Triple(item, node(HEFU, word), Literal(text))

    def _once(self, iri: str, namespace: str, name: str) -> Iterator[Triple]:
        """Say the type of a thing that many datasets point to, the first time."""
        mark = f"{iri} {namespace}{name}"
        if mark not in self.said:
            self.said.add(mark)
            self.said.add(iri)
            yield _typed(NamedNode(iri), namespace, name)

    def _blank(self) -> BlankNode:
        self.blanks += 1
        return BlankNode(f"b{self.blanks}")


def _paging(this: NamedNode, told: Catalogue) -> Iterator[Triple]:
    if told.total is not None:
        yield Triple(this, node(HYDRA, "totalItems"), Literal(str(told.total), datatype=node(XSD, "integer")))
    if told.page is None:
        return
    view = NamedNode(told.page.iri)
    yield Triple(this, node(HYDRA, "view"), view)
    yield _typed(view, HYDRA, "PartialCollectionView")
    yield Triple(view, node(HYDRA, "first"), NamedNode(told.page.first))
    if told.page.next:
        yield Triple(view, node(HYDRA, "next"), NamedNode(told.page.next))


def _typed(thing: NamedNode | BlankNode, namespace: str, name: str) -> Triple:
    return Triple(thing, node(RDF, "type"), node(namespace, name))


def _text(text: str) -> Literal:
    return Literal(_speakable(text), language="zh")


def _moment(when: date | datetime) -> Literal:
    kind = "dateTime" if isinstance(when, datetime) else "date"
    return Literal(when.isoformat(), datatype=node(XSD, kind))


#: Signs that XML cannot write, not even escaped.
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def _speakable(text: str) -> str:
    return _UNSPEAKABLE.sub("", text)


def web_address(text: str) -> str:
    """Return `text` as an address that a graph may hold, or nothing when it is no web address.

    Spaces and Chinese in it are escaped, what was escaped stays so.
    """
    text = text.strip()
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host:
        return ""
    return quote(text, safe="%/:?#@!$&'()*+,;=~-._")
