"""Writing once though it is sent twice: the key that a program makes up for a request."""

import json
from collections.abc import Callable
from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Header

from hefu.api.request import ApiRequest
from hefu.kernel.canonical import plain
from hefu.kernel.hashing import sha256
from hefu.rooms.catalog import services

_ABOUT = (
    "Made up for this request, printable ASCII. Sent again within a day with the same body it is answered as the first"
    " time, and `Idempotency-Replayed` says so."
)

#: The parameter as operations take it; empty when nothing is to be remembered.
Key = Annotated[str, Header("", alias="Idempotency-Key", max_length=80, pattern=r"^[!-~]*$", description=_ABOUT)]


def once(
    call: ApiRequest, response: HttpResponse, key: str, sent: Any, work: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Do `work` once for a key; without one, do it.

    Args:
        call: The request; a key at another address, or with another body, is refused.
        response: Gets the header that says whether the answer was given before.
        key: As it was sent.
        sent: What was sent, as JSON can tell it.
        work: Returns the answer.

    Raises:
        KeyReused, StillAtWork: As `catalog.services.answer_once`.
    """
    if not key:
        return work()
    told = json.dumps([call.method, call.path, plain(sent)], sort_keys=True)
    answer, before = services.answer_once(
        key=key,
        digest=sha256(told.encode()),
        work=lambda: dict(plain(work())),
        actor=call.actor,
        clock=call.clock,
    )
    response["Idempotency-Replayed"] = "true" if before else "false"
    return answer
