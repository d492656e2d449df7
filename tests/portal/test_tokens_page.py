"""The page of one's tokens, and the page on which the catalogue is taken away."""

import json

import pytest
from django.test import Client

from hefu.kernel.actor import Role
from hefu.rooms.parties.models import Token
from tests.builders import a_department, a_person, an_entry

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def signed_in(*roles: Role) -> Client:
    office = a_department("某市民政局")
    client = Client(headers={"Accept-Language": "en"})
    client.cookies["django_language"] = "en"
    client.force_login(a_person(seats={office.pk: list(roles or (Role.OFFICER,))}), backend=BACKEND)
    return client


def test_a_token_is_issued_shown_once_used_and_revoked() -> None:
    client = signed_in()
    page = client.post("/tokens/", {"name": "夜间同步", "days": "30", "may_write": ""})
    assert page.status_code == 200
    text = page.content.decode()
    secret = text.partition("<code>hefu_")[2].partition("</code>")[0]
    assert len(secret) > 40
    assert secret not in client.get("/tokens/").content.decode()
    program = Client(headers={"Authorization": f"Bearer hefu_{secret}"})
    assert program.get("/api/v1/catalog/entries").status_code == 200
    token = Token.objects.get()
    assert client.post(f"/tokens/{token.pk}/revoke").status_code == 302
    assert program.get("/api/v1/catalog/entries").status_code == 401


def test_what_is_missing_is_named_and_administrators_get_none() -> None:
    assert signed_in().post("/tokens/", {"name": "", "days": "900"}).status_code == 422
    refused = signed_in(Role.AUDITOR).post("/tokens/", {"name": "x", "days": "1"})
    assert refused.status_code == 403
    assert not Token.objects.exists()


def test_anothers_token_cannot_be_revoked() -> None:
    signed_in().post("/tokens/", {"name": "a", "days": "30"})
    assert signed_in().post(f"/tokens/{Token.objects.get().pk}/revoke").status_code == 404
    assert signed_in(Role.SECURITY).post(f"/tokens/{Token.objects.get().pk}/revoke").status_code == 302


def test_the_catalogue_is_taken_away_in_every_form() -> None:
    client = signed_in()
    entry = an_entry()
    assert entry.name not in client.get("/catalog/export").content.decode()
    for form in ("xlsx", "csv", "json", "ttl", "jsonld", "rdf"):
        answer = client.get("/catalog/export", {"file": form})
        body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        assert answer.status_code == 200, form
        assert f".{form}" in answer.headers["Content-Disposition"]
        if form != "xlsx":
            assert entry.name in (json.dumps(json.loads(body), ensure_ascii=False) if form == "json" else body.decode())
    assert client.get("/catalog/export", {"file": "doc"}).status_code == 422
