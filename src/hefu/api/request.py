"""The request as every operation gets it."""

from django.http import HttpRequest

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock


class ApiRequest(HttpRequest):
    """What middleware and authentication add to Django's request."""

    #: Who asks.
    actor: Actor
    #: The clock of this request; services and queries are given it.
    clock: Clock
