"""How allauth meets our people: no sign-up, and nobody is sent off the node."""

from typing import TYPE_CHECKING

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from hefu.portal.http import local

if TYPE_CHECKING:
    from hefu.rooms.parties.models import Person


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Our rules for allauth."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say no: the security administrator registers people."""
        del request
        return False

    def is_safe_url(self, url: str) -> bool:
        """Return whether `url` is a path of this node; other hosts are refused even when they are trusted."""
        return bool(url) and local(url, otherwise="") == url


def display(person: "Person") -> str:
    """Return the name by which pages call a person."""
    return person.name
