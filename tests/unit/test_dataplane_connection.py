"""Secrets stay out of what people see, closed addresses stay closed, errors say what to do."""

import psycopg2
import pytest

from hefu.dataplane.connectors.postgres.connection import (
    PostgresConnection,
    allowed_address,
    default_policy,
    plain_words,
    translated,
)
from hefu.dataplane.errors import AddressRefused, SideLost, SideRefused

CONNECTION = PostgresConnection("127.0.0.1", 5432, "police", "reader", "p@ss word/1")


def test_a_password_is_in_no_repr() -> None:
    assert "p@ss" not in repr(CONNECTION)
    assert "reader" in repr(CONNECTION)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "fe80::1",
        "100.100.100.200",
        "::ffff:169.254.169.254",
        "224.0.0.1",
        "0.0.0.0",  # noqa: S104
        "fe80::1%eth0",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a9fe:a9fe",
        "::ffff:0:169.254.169.254",
        "::169.254.169.254",
        "2002:a9fe:a9fe::1",
    ],
)
def test_closed_addresses_stay_closed(address: str) -> None:
    assert default_policy("any.example", address, 5432)


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.1.9", "203.0.113.7", "127.0.0.1", ""])
def test_offices_reach_their_own_networks(address: str) -> None:
    assert default_policy("any.example", address, 5432) is None


def test_a_policy_decides_about_the_address_behind_the_name() -> None:
    def only_6432(host: str, address: str, port: int) -> str | None:
        return None if port == 6432 else f"{address} is open at port 6432 only"

    assert allowed_address(PostgresConnection("127.0.0.1", 6432, "d", "u"), only_6432) == "127.0.0.1"
    with pytest.raises(AddressRefused, match="port 6432 only"):
        allowed_address(CONNECTION, only_6432)


def test_no_secret_of_a_connection_string_reaches_a_message() -> None:
    said = psycopg2.OperationalError(
        "could not connect: password=x p%40ss%20word/1 p%40ss%20word%2F1 p@ss word/1\nDETAIL: row"
    )
    words = plain_words(said, CONNECTION)
    assert "word" not in words.replace("password", "")
    assert "row" not in words


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ('connection to server failed: FATAL:  password authentication failed for user "reader"', SideRefused),
        ('FATAL:  database "police" does not exist', SideRefused),
        ("no pg_hba.conf entry for host", SideRefused),
        ("connection to server at 127.0.0.1 failed: Connection refused", SideLost),
        ("server closed the connection unexpectedly", SideLost),
        ("FATAL:  the database system is starting up", SideLost),
        ("SSL connection has been closed unexpectedly", SideLost),
    ],
)
def test_what_may_pass_by_itself_is_told_from_what_must_be_mended(words: str, kind: type[Exception]) -> None:
    error = translated(psycopg2.OperationalError(words), "source", CONNECTION)
    assert type(error) is kind
    assert error.transient is (kind is SideLost)
    assert error.facts["side"] == "source"
