"""What harvesters read: open entries alone, page by page, of each no more than the public may know."""

import json

import pytest
from django.test import Client

from hefu.protocols.dcat import server
from hefu.rooms.catalog.terms import OpenType, ShareType
from tests.builders import a_department, a_draft, an_entry

pytestmark = pytest.mark.django_db
OPEN = {"open_type": OpenType.UNCONDITIONAL}
INSIDE = {
    "share_condition": "内部条件甲",
    "share_scope": "内部范围乙",
    "system_name": "内部系统丙",
    "secrecy_note": "保密审查丁",
    "impact_note": "影响评估戊",
}


def read(client: Client, address: str = "/catalog.ttl", **headers: str) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_entries_that_are_open_are_read_without_signing_in_and_others_are_not(client: Client) -> None:
    office = a_department()
    for kind in OpenType:
        changes = {"open_condition": "实名登记"} if kind is OpenType.CONDITIONAL else {}
        an_entry(office, name=f"名录{kind.value}", open_type=kind, **changes)
    a_draft(office, name="草稿名录", **OPEN)
    text = read(client)
    assert "名录unconditional" in text
    assert "名录conditional" in text
    assert "实名登记" in text
    assert "名录closed" not in text
    assert "草稿名录" not in text


def test_what_departments_tell_each_other_stays_inside(client: Client) -> None:
    entry = an_entry(a_department(), share_type=ShareType.CONDITIONAL, **INSIDE, **OPEN)
    for address in ("/catalog.ttl", "/catalog.jsonld", "/catalog.rdf", f"/dcat/datasets/{entry.pk}.ttl"):
        text = read(client, address)
        assert entry.name in text or entry.name in json.dumps(text, ensure_ascii=False)
        assert not [told for told in INSIDE.values() if told in text], address
        assert "share_type" not in text


def test_pages_lead_on_until_every_entry_was_read_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    office = a_department()
    made = {an_entry(office, **OPEN).code for _number in range(5)}
    monkeypatch.setattr(server, "PAGE", 2)
    address, seen, pages = "http://testserver/catalog.jsonld", [], 0
    while address:
        pages += 1
        things = json.loads(read(client, address))
        facts = {
            (thing["@id"], word): value
            for thing in (things if isinstance(things, list) else things["@graph"])
            for word, value in thing.items()
        }
        seen += [value for (_thing, word), value in facts.items() if word in ("dct:identifier", IDENTIFIER)]
        following = [value for (_thing, word), value in facts.items() if word in ("hydra:next", NEXT)]
        address = _plain(following[0]) if following else ""
    codes = {_plain(one) for one in seen} & made
    assert (pages, codes) == (3, made)


def test_an_entry_answers_in_the_syntax_that_is_asked_for_and_is_absent_when_it_is_not_open(client: Client) -> None:
    shown, hidden = an_entry(a_department(), **OPEN), an_entry(a_department())
    address = f"/dcat/datasets/{shown.pk}"
    for wanted, kind in (
        ("application/rdf+xml", "application/rdf+xml"),
        ("application/ld+json", "application/ld+json"),
        ("text/html,*/*;q=0.1", "text/turtle"),
    ):
        answer = client.get(address, headers={"Accept": wanted})
        assert answer.headers["Content-Type"].startswith(kind)
    assert client.get(f"/dcat/datasets/{hidden.pk}").status_code == 404
    assert client.get("/dcat/datasets/0197f2a4-0000-7000-8000-000000000000.ttl").status_code == 404


def test_what_did_not_change_is_not_sent_twice(client: Client) -> None:
    an_entry(a_department(), **OPEN)
    first = client.get("/catalog.ttl")
    again = client.get("/catalog.ttl", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_nothing_is_written_there(client: Client) -> None:
    assert client.post("/catalog.ttl").status_code == 405


IDENTIFIER, NEXT = "http://purl.org/dc/terms/identifier", "http://www.w3.org/ns/hydra/core#next"


def _plain(value: object) -> str:
    if isinstance(value, list):
        return _plain(value[0])
    return str(value.get("@value", value.get("@id"))) if isinstance(value, dict) else str(value)
