"""DCAT-AP as text: what an entry becomes, in three syntaxes, one at a time, whatever people typed."""

import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pyoxigraph as ox
import pytest

from hefu.protocols.dcat import vocabulary as words
from hefu.protocols.dcat.vocabulary import DCAT, DCT, FOAF, HEFU, HYDRA, RDF, SKOS, VCARD
from hefu.protocols.dcat.wire import Agent, Catalogue, Dataset, Item, Page, Syntax, web_address, write
from hefu.rooms.catalog.importing.mapping import propose_mapping
from hefu.rooms.catalog.importing.reading import read_table

BASE = "https://share.example.gov.cn"
OFFICE = Agent(f"{BASE}/dcat/departments/1", "某市民政局", "11511700MB1234567X")
CATALOGUE = Catalogue(f"{BASE}/catalog.ttl#catalog", "某市政务数据目录", "某市编制", OFFICE, f"{BASE}/")


def a_dataset(number: int = 1, **changes: object) -> Dataset:
    facts: dict[str, object] = {
        "iri": f"{BASE}/dcat/datasets/{number}",
        "code": f"101/{number:06d}",
        "title": f"低保对象名单{number}",
        "description": "本市在册低保对象。",
        "publisher": OFFICE,
        "page": f"{BASE}/catalog/{number}/",
        "version": 3,
        "issued": date(2023, 6, 16),
        "modified": datetime(2026, 3, 11, 12, tzinfo=UTC),
        "frequency": "DAILY",
        "access": "RESTRICTED",
        "theme": "社会保障",
        "keywords": ("低保", "救助"),
        "phone": "0818-212 3456",
        "email": "data@example.gov.cn",
        "formats": ("xlsx", "dbf"),
        "law": (("share_type", "conditional"), ("channels", "table"), ("channels", "file")),
        "items": (Item("姓名", (("item_code", "xm"), ("item_type", "C"))), Item("金额")),
    }
    return Dataset(**facts | changes)  # type: ignore[arg-type]


def graph(*datasets: Dataset, syntax: Syntax = Syntax.TURTLE, catalogue: Catalogue = CATALOGUE) -> ox.Store:
    output = io.BytesIO()
    write(catalogue, datasets, syntax, output)
    store = ox.Store()
    kind = ox.RdfFormat.JSON_LD if syntax is Syntax.JSON_LD else syntax.format
    store.extend(ox.parse(output.getvalue(), format=kind))
    return store


def values(store: ox.Store, subject: str | ox.BlankNode, predicate: str) -> list[str]:
    this = ox.NamedNode(subject) if isinstance(subject, str) else subject
    found = store.quads_for_pattern(this, ox.NamedNode(predicate), None)
    return sorted(quad.object.value if not isinstance(quad.object, ox.BlankNode) else "_" for quad in found)


class TestWhatAnEntryBecomes:
    def test_it_says_what_it_is_whose_how_often_and_how_open(self) -> None:
        store, this = graph(a_dataset()), f"{BASE}/dcat/datasets/1"
        assert values(store, this, DCT + "title") == ["低保对象名单1"]
        assert values(store, this, DCT + "identifier") == ["101/000001"]
        assert values(store, this, DCT + "publisher") == [OFFICE.iri]
        assert values(store, OFFICE.iri, FOAF + "name") == ["某市民政局"]
        assert values(store, this, DCT + "accrualPeriodicity") == [words.FREQUENCY + "DAILY"]
        assert values(store, this, DCT + "accessRights") == [words.ACCESS_RIGHT + "RESTRICTED"]
        assert values(store, this, DCAT + "keyword") == ["低保", "救助"]
        assert values(store, this, DCAT + "version") == ["3"]
        (theme,) = values(store, this, DCAT + "theme")
        assert values(store, theme, SKOS + "prefLabel") == ["社会保障"]

    def test_what_dcat_has_no_word_for_is_said_in_ours(self) -> None:
        store, this = graph(a_dataset()), f"{BASE}/dcat/datasets/1"
        assert values(store, this, HEFU + "channels") == ["file", "table"]
        items = [quad.object for quad in store.quads_for_pattern(ox.NamedNode(this), ox.NamedNode(HEFU + "item"), None)]
        assert sorted(
            (values(store, one, HEFU + "item_name"), values(store, one, HEFU + "item_code")) for one in items
        ) == [
            (["姓名"], ["xm"]),
            (["金额"], []),
        ]

    def test_each_format_is_a_distribution_with_a_known_code_or_a_name_of_its_own(self) -> None:
        store, this = graph(a_dataset()), f"{BASE}/dcat/datasets/1"
        assert values(store, f"{this}#distribution-1", DCT + "format") == [words.FILE_TYPE + "XLSX"]
        assert values(store, f"{this}#distribution-2", DCT + "format") == ["urn:hefu:format:dbf"]
        assert values(store, f"{this}#distribution-2", DCAT + "accessURL") == [f"{BASE}/catalog/1/"]

    def test_every_value_of_a_vocabulary_bears_its_type_in_the_same_graph(self) -> None:
        store = graph(a_dataset(landing_page="https://data.example.gov.cn/1"))
        for predicate, kind in (
            (DCT + "accrualPeriodicity", DCT + "Frequency"),
            (DCT + "accessRights", DCT + "RightsStatement"),
            (DCT + "format", DCT + "MediaTypeOrExtent"),
            (DCAT + "mediaType", DCT + "MediaType"),
            (DCAT + "theme", SKOS + "Concept"),
            (DCAT + "landingPage", FOAF + "Document"),
            (DCAT + "contactPoint", VCARD + "Kind"),
            (DCT + "language", DCT + "LinguisticSystem"),
        ):
            found = list(store.quads_for_pattern(None, ox.NamedNode(predicate), None))
            assert found, predicate
            for quad in found:
                typed = store.quads_for_pattern(quad.object, ox.NamedNode(RDF + "type"), ox.NamedNode(kind))
                assert list(typed), (predicate, quad.object)

    def test_an_entry_that_says_little_still_has_title_and_description(self) -> None:
        bare = Dataset(f"{BASE}/dcat/datasets/9", "3/000009", "名录", "", OFFICE, f"{BASE}/catalog/9/")
        store = graph(bare)
        assert values(store, bare.iri, DCT + "description") == ["名录"]
        assert not list(store.quads_for_pattern(None, ox.NamedNode(DCAT + "contactPoint"), None))

    def test_a_page_says_where_the_next_one_is(self) -> None:
        page = Page(f"{BASE}/catalog.ttl?after=x", f"{BASE}/catalog.ttl", f"{BASE}/catalog.ttl?after=y")
        paged = Catalogue(CATALOGUE.iri, "目录", "", OFFICE, f"{BASE}/", total=512, page=page)
        store = graph(a_dataset(), catalogue=paged)
        assert values(store, CATALOGUE.iri, HYDRA + "totalItems") == ["512"]
        assert values(store, page.iri, HYDRA + "next") == [page.next]


class TestSyntax:
    @pytest.mark.parametrize("syntax", Syntax)
    def test_the_three_syntaxes_say_the_same(self, syntax: Syntax) -> None:
        told = {str(quad) for quad in graph(a_dataset(), a_dataset(2), syntax=syntax) if _named(quad)}
        assert told == {str(quad) for quad in graph(a_dataset(), a_dataset(2)) if _named(quad)}
        assert len(told) > 50

    @pytest.mark.parametrize("syntax", Syntax)
    def test_whatever_people_typed_comes_back(self, syntax: Syntax) -> None:
        typed = "引号\"'、<b>&amp;</b>、反斜线\\、\t制表\n换行、﷽、🏛️、]]>、@zh、\ud7ff"
        store = graph(a_dataset(title=typed, theme='a/b c#?<>"{}|^`\\', keywords=(typed,)), syntax=syntax)
        assert values(store, f"{BASE}/dcat/datasets/1", DCT + "title") == [typed]
        assert values(store, f"{BASE}/dcat/datasets/1", DCAT + "keyword") == [typed]

    @pytest.mark.parametrize("syntax", Syntax)
    def test_signs_that_no_text_can_hold_are_left_out(self, syntax: Syntax) -> None:
        store = graph(a_dataset(title="名\x00\x0b\x1f录\ufffe"), syntax=syntax)
        assert values(store, f"{BASE}/dcat/datasets/1", DCT + "title") == ["名录"]


class TestAddresses:
    @pytest.mark.parametrize(
        ("typed", "address"),
        [
            ("https://data.example.cn/a?id=1&b=2#x", "https://data.example.cn/a?id=1&b=2#x"),
            (" http://data.example.cn/目录 1 ", "http://data.example.cn/%E7%9B%AE%E5%BD%95%201"),
            ("http://data.example.cn/%E7%9B%AE", "http://data.example.cn/%E7%9B%AE"),
            ("http://data.example.cn/{x}|<y>", "http://data.example.cn/%7Bx%7D%7C%3Cy%3E"),
            ("javascript:alert(1)", ""),
            ("data.example.cn/1", ""),
            ("http://", ""),
            ("http://[::1", ""),
            ("", ""),
        ],
    )
    def test_only_web_addresses_are_told_and_odd_signs_are_escaped(self, typed: str, address: str) -> None:
        assert web_address(typed) == address


class TestBackAgain:
    @pytest.mark.parametrize("syntax", Syntax)
    def test_importing_maps_every_field_of_our_own_graph_by_itself(self, syntax: Syntax) -> None:
        law = {
            "class_code": "101",
            "internal_office": "儿童福利科",
            "format_class": "3",
            "share_type": "conditional",
            "share_condition": "办理救助",
            "share_scope": "民政部门",
            "channels": "table",
            "open_type": "conditional",
            "open_condition": "实名登记",
            "update_cycle": "half_yearly",
            "grade": "general",
            "use_condition": "仅用于申请所述用途",
            "system_name": "救助系统",
            "business_item": "救助",
            "secrecy": "no_secret",
        }
        output = io.BytesIO()
        write(CATALOGUE, [a_dataset(n, law=tuple(law.items())) for n in range(5)], syntax, output)
        table = read_table(output.getvalue(), f"catalog.{syntax.ending}")
        assert len(table.rows) == 5
        proposed = propose_mapping(table.columns, table.samples())
        mapping = {column: field.value for column, (field, _sure) in proposed.items()}
        assert {name: mapping.get(name) for name in law} == {name: name for name in law}
        assert mapping["title"] == "name"
        assert mapping["publisher.name"] == "provider"
        assert mapping["items"] == "items"
        (first, *_others) = [cells for _number, cells in table.rows]
        assert {name: first[name] for name in law} == law
        assert [(one["name"], one.get("code")) for one in first["items"]] == [("姓名", "xm"), ("金额", None)]


def test_memory_does_not_grow_with_the_catalogue() -> None:
    class Nowhere(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            return len(data)  # type: ignore[arg-type]

    def peak(count: int) -> int:
        def made() -> Iterator[Dataset]:
            for number in range(count):
                yield a_dataset(number)

        tracemalloc.start()
        write(CATALOGUE, made(), Syntax.TURTLE, Nowhere())
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(2000) < peak(200) + 1_000_000  # all of them at once are 1,800,000; other threads allocate too


def _named(quad: ox.Quad) -> bool:
    return not isinstance(quad.subject, ox.BlankNode) and not isinstance(quad.object, ox.BlankNode)
