"""Departments as programs name them: by their unified social credit codes."""

from uuid import UUID

from hefu.api.request import ApiRequest
from hefu.kernel.refusal import NotFound
from hefu.rooms.parties import queries as parties


def office(call: ApiRequest, code: str) -> UUID:
    """Return the department with a credit code.

    Raises:
        NotFound: There is none.
    """
    found = parties.department_by_code(code.strip().upper(), viewer=call.actor)
    if found is None:
        raise NotFound(what="department", key=code)
    return found.pk
