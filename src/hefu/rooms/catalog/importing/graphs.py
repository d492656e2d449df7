"""RDF as a table: each dcat:Dataset of a Turtle, RDF/XML, JSON-LD or N-Triples document is a row."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pyoxigraph as ox

from hefu.kernel.words import _
from hefu.rooms.catalog.errors import FileUnreadable
from hefu.rooms.catalog.importing.table import Table, of_records

#: Statements of a document at most.
MOST_STATEMENTS = 5_000_000
#: How far from the dataset its facts may lie: dataset → distribution → access service → …
_DEEPEST = 3

_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_DCAT = "http://www.w3.org/ns/dcat#"
_ROWS = tuple(ox.NamedNode(f"{_DCAT}{name}") for name in ("Dataset", "DatasetSeries", "DataService"))
#: Predicates that lead from a dataset to others of its kind or back, and so are no facts of its own.
_AWAY = frozenset(
    {"dataset", "inCatalog", "isPartOf", "hasPart", "inSeries", "first", "last", "prev", "hasVersion", "type", "item"}
)
#: Predicates whose object is an address that one opens.
_ADDRESSES = frozenset({"landingPage", "page", "homepage", "accessURL", "downloadURL", "endpointURL"})
#: The namespace in which this platform says what DCAT has no word for, items among it.
_HEFU = "urn:hefu:catalog#"
#: By these one reads what a thing is called.
_CALLED = (
    *("http://xmlns.com/foaf/0.1/name", "http://www.w3.org/2006/vcard/ns#fn", "http://purl.org/dc/terms/title"),
    *("http://www.w3.org/2004/02/skos/core#prefLabel", "http://www.w3.org/2000/01/rdf-schema#label"),
    *("http://schema.org/name", "https://schema.org/name", "http://www.w3.org/2006/vcard/ns#organization-name"),
)
_LANGUAGES = ("zh-hans", "zh-cn", "zh", "zh-hant", "zh-tw", "en")
#: What the address of a JSON-LD context stands for: we fetch nothing, so the usual terms are given here.
_CONTEXT: dict[str, Any] = {
    "dcat": _DCAT,
    "dct": "http://purl.org/dc/terms/",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "adms": "http://www.w3.org/ns/adms#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "org": "http://www.w3.org/ns/org#",
    "pod": "https://project-open-data.cio.gov/v1.1/schema#",
    "schema": "http://schema.org/",
    "@vocab": "http://purl.org/dc/terms/",
    **{
        name: f"{_DCAT}{name}"
        for name in (
            *(
                "Dataset",
                "Catalog",
                "Distribution",
                "DataService",
                "DatasetSeries",
                "dataset",
                "distribution",
                "keyword",
            ),
            *("theme", "landingPage", "contactPoint", "accessURL", "downloadURL", "mediaType", "byteSize", "service"),
            *("endpointURL", "servesDataset"),
        )
    },
    "name": "http://xmlns.com/foaf/0.1/name",
    "fn": "http://www.w3.org/2006/vcard/ns#fn",
    "hasEmail": "http://www.w3.org/2006/vcard/ns#hasEmail",
    "hasTelephone": "http://www.w3.org/2006/vcard/ns#hasTelephone",
    "Agent": "http://xmlns.com/foaf/0.1/Agent",
    "id": "@id",
    "type": "@type",
}


def format_of(text: str, ending: str) -> ox.RdfFormat | None:
    """Return the RDF format of a text, or None when it is none."""
    opening = text.lstrip()[:4000]
    named = {"ttl": "text/turtle", "n3": "text/n3", "nt": "application/n-triples", "rdf": "application/rdf+xml"}
    if ending in named:
        return ox.RdfFormat.from_media_type(named[ending])
    if opening.startswith("<") and "http://www.w3.org/1999/02/22-rdf-syntax-ns#" in opening:
        return ox.RdfFormat.RDF_XML
    if ending == "jsonld" or (opening[:1] in "{[" and _is_linked(text[:20_000])):
        return ox.RdfFormat.JSON_LD
    if re.match(r"(@prefix|@base|PREFIX|BASE)\s", opening, re.IGNORECASE):
        return ox.RdfFormat.TURTLE
    return None


def _is_linked(opening: str) -> bool:
    """Return whether JSON speaks of linked things and not only names a context, as the US data.json does."""
    return '"@graph"' in opening or ('"@context"' in opening and '"@id"' in opening) or '"@type": ["http' in opening


def table(text: str, kind: ox.RdfFormat, name: str) -> Table:
    """Return every dataset of a graph as a row; columns are `title`, `publisher.name`, `distribution.format` …

    Raises:
        FileUnreadable: It is broken, too large, or tricky.
    """
    if re.search(r"<!ENTITY\s+\S+\s+[\"'][^\"']*&[^\"']*;", text[:100_000]):
        raise FileUnreadable(name=name, reason=_("its entities are built from one another"))
    store = ox.Store()
    rows: dict[Any, None] = {}
    try:
        for place, statement in enumerate(_statements(text, kind)):
            if place >= MOST_STATEMENTS:
                raise FileUnreadable(name=name, reason=_("it has more than 5,000,000 statements"))
            store.add(ox.Quad(statement.subject, statement.predicate, statement.object))
            if statement.predicate == _TYPE and statement.object in _ROWS:
                rows[statement.subject] = None
    except (SyntaxError, ValueError) as error:
        raise FileUnreadable(name=name, reason=_("its RDF is broken")) from error
    return of_records(_record(store, subject) for subject in rows)


def _statements(text: str, kind: ox.RdfFormat) -> Iterator[ox.Quad]:
    if kind == ox.RdfFormat.JSON_LD:
        text = json.dumps(_at_home(json.loads(text)))
    yield from ox.parse(text, format=kind, base_iri="https://catalogue.invalid/", rename_blank_nodes=True)


def _at_home(document: Any) -> Any:
    """Return JSON-LD whose contexts need not be fetched."""
    if isinstance(document, list):
        return [_at_home(one) for one in document]
    if not isinstance(document, dict):
        return document
    made = {name: _at_home(value) for name, value in document.items() if name != "@context"}
    if "@context" in document:
        told = document["@context"] if isinstance(document["@context"], list) else [document["@context"]]
        made["@context"] = [_CONTEXT if isinstance(one, str) else one for one in told]
    return made


def _record(store: ox.Store, subject: Any) -> dict[str, Any]:
    gathered: dict[str, list[ox.Literal | str]] = {}
    for name, value in _facts(store, subject, "", 0, frozenset({subject})):
        gathered.setdefault(name, []).append(value)
    record = {name: _told(told) for name, told in gathered.items()}
    if isinstance(subject, ox.NamedNode):
        record.setdefault("identifier", subject.value)
    items = _items(store, subject)
    return record | ({"items": items} if items else {})


def _items(store: ox.Store, subject: Any) -> list[dict[str, str]]:
    """Return the items that another node of this platform told, in their order."""
    found = []
    for link in store.quads_for_pattern(subject, ox.NamedNode(f"{_HEFU}item"), None):
        if isinstance(link.object, ox.NamedNode | ox.BlankNode):
            told = {
                quad.predicate.value.removeprefix(f"{_HEFU}item_"): quad.object.value
                for quad in store.quads_for_pattern(link.object, None, None)
                if isinstance(quad.object, ox.Literal)
            }
            found.append(told)
    return sorted(found, key=lambda one: int(one.get("position", "")) if one.get("position", "").isdecimal() else 0)


def _facts(
    store: ox.Store, subject: Any, before: str, depth: int, seen: frozenset[Any]
) -> Iterator[tuple[str, ox.Literal | str]]:
    for quad in sorted(store.quads_for_pattern(subject, None, None), key=str):
        local = re.split(r"[#/:]", quad.predicate.value)[-1]
        if local in _AWAY:
            continue
        path, value = f"{before}{local}", quad.object
        if isinstance(value, ox.Literal):
            yield path, value
            continue
        if local in _ADDRESSES and isinstance(value, ox.NamedNode):
            yield path, value.value  # of a page or a file, whatever else the graph says of it
            continue
        described = depth < _DEEPEST and value not in seen and next(store.quads_for_pattern(value, None, None), None)
        if described and not _is_row(store, value):
            yield from _facts(store, value, f"{path}.", depth + 1, seen | {value})
        elif isinstance(value, ox.NamedNode):
            yield path, _called(store, value) or value.value


def _is_row(store: ox.Store, node: Any) -> bool:
    return any(quad.object in _ROWS for quad in store.quads_for_pattern(node, _TYPE, None))


def _called(store: ox.Store, node: ox.NamedNode) -> str:
    for predicate in _CALLED:
        told = [quad.object for quad in store.quads_for_pattern(node, ox.NamedNode(predicate), None)]
        if told:
            return str(_told([one for one in told if isinstance(one, ox.Literal)]) or "")
    return ""


def _told(values: list[Any]) -> Any:
    """Return one text, or a list; of texts in several languages those of the first we prefer."""
    languages = {value.language for value in values if isinstance(value, ox.Literal) and value.language}
    if len(languages) > 1:
        wanted = next((one for one in _LANGUAGES if one in languages), min(languages))
        values = [value for value in values if isinstance(value, str) or value.language in (wanted, None)]
    texts = list(dict.fromkeys(value.value if isinstance(value, ox.Literal) else value for value in values))
    plain = [_last_part(text) for text in texts]
    return plain[0] if len(plain) == 1 else plain


def _last_part(text: str) -> str:
    """Return the value that an address of a vocabulary stands for: …/frequency/ANNUAL is ANNUAL."""
    found = re.fullmatch(
        r"https?://(?:publications\.europa\.eu/resource/authority|purl\.org/cld/freq|www\.iana\.org/assignments"
        r"/media-types)/(?:[a-z-]+/)*([^/#]+)/?",
        text,
    )
    return found.group(1) if found else text
