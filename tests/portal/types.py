"""Names of what the fixtures give."""

from collections.abc import Callable

from django.test import Client

SignIn = Callable[..., Client]
