"""Clients that are signed in, and a clock that stands still. Django is imported late: it is set up after this file."""

from collections.abc import Callable
from typing import Any

import pytest

#: How Django remembers who let somebody in.
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Let every page believe that it is noon of the tests' day; hash passwords cheaply, none of them is a secret."""
    from hefu.portal import middleware
    from tests.builders import NOON

    monkeypatch.setattr(middleware, "CLOCK", NOON)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def as_person() -> Callable[..., Any]:
    """Sign a person in; pages are in English unless asked otherwise, so that tests can be read."""
    from django.test import Client

    def sign_in(person: Any, *, language: str = "en") -> Client:
        client = Client()
        client.force_login(person, backend=BACKEND)
        client.cookies["django_language"] = language
        return client

    return sign_in


@pytest.fixture
def signed_in(as_person: Callable[..., Any]) -> Callable[..., Any]:
    """Sign somebody in who sits in `department` in `roles`, else as its officer."""
    from hefu.kernel.actor import Role
    from tests.builders import a_person

    def sign_in(department: Any, *roles: Any, language: str = "en") -> Any:
        return as_person(a_person(seats={department.pk: list(roles or (Role.OFFICER,))}), language=language)

    return sign_in
