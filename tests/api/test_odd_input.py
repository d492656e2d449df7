"""What no program of good will sends: cursors made up by hand, signs that no database keeps."""

import base64
import json
from typing import Any

import pytest
from django.test import Client

from hefu.api.errors import CursorUnknown
from hefu.api.paging import page
from hefu.rooms.upkeep.models import Proposal, Scan
from tests.api.test_catalog import a_token
from tests.builders import a_department

pytestmark = pytest.mark.django_db

HERE = "0192f0c1-2345-7000-8000-000000000000"


def made_up(told: Any) -> str:
    raw = told if isinstance(told, bytes) else json.dumps(told).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize(
    "at", [None, [], {}, True, 7, "\x00", "\ud800", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59-23:00"]
)
def test_a_cursor_with_a_time_that_is_none_is_unknown(at: Any) -> None:
    with pytest.raises(CursorUnknown):
        page(Scan.objects.all(), ("-asked_at",), made_up({"order": ["-asked_at", "pk"], "at": [at, HERE]}), 5)


def test_a_cursor_whose_text_no_database_keeps_or_that_is_too_deep_to_read_is_unknown() -> None:
    for told in ({"order": ["table", "pk"], "at": ["\x00", HERE]}, b"[" * 1400):
        with pytest.raises(CursorUnknown):
            page(Proposal.objects.all(), ("table",), made_up(told), 5)


def test_a_number_with_the_sign_nul_is_nobodys() -> None:
    office = a_department()
    token = {"HTTP_AUTHORIZATION": f"Bearer {a_token(office)}"}
    for kind in ("catalog/needs", "requests", "grants", "deliveries"):
        assert Client().get(f"/api/v1/{kind}/N-%00", **token).status_code == 404
