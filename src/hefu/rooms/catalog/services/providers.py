"""Whose rows an imported catalogue holds: names in its provider column and the departments behind them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.rooms.catalog import decide
from hefu.rooms.catalog.importing.offices import forms_of, short_form
from hefu.rooms.catalog.importing.terms import NewProvider, Reason
from hefu.rooms.parties import queries as parties
from hefu.rooms.parties import services as party_services
from hefu.rooms.parties.terms import DepartmentRole


@dataclass(frozen=True)
class Provider:
    """A department as an import needs it."""

    id: UUID
    name: str
    #: Division code.
    place: str
    credit_code: str


class Providers:
    """Finds the department that a provider cell means: by code, by what a person said, by name or short name.

    Names count when they are the same but for width, spaces and punctuation, then when they are a usual
    short form: without the place, with its rank alone, or with the field of work abbreviated. Short forms
    that could be two departments (市统计局 in two cities) are left to a person.
    """

    def __init__(self, *, viewer: Actor, said: Mapping[str, UUID]) -> None:
        """Read all open departments once."""
        rows = list(parties.departments(viewer=viewer))
        self._by_id = {row.pk: Provider(row.pk, row.name, row.place, row.credit_code) for row in rows}
        self._by_code = {row.credit_code: self._by_id[row.pk] for row in rows}
        self._by_name = _gathered((row.name, self._by_id[row.pk]) for row in rows)
        self._by_short = _gathered((row.short_name, self._by_id[row.pk]) for row in rows)
        self._by_form = _by_form(self._by_id.values())
        self._said = {decide.folded(name): pk for name, pk in said.items()}
        self._found: dict[str, Provider | Reason] = {}

    def find(self, name: str, code: str = "") -> Provider | Reason:
        """Return the department, or why there is none."""
        if code in self._by_code:
            return self._by_code[code]
        if not name:
            return Reason("no_provider")
        if name not in self._found:
            self._found[name] = self._named(name)
        return self._found[name]

    def _named(self, name: str) -> Provider | Reason:
        wanted = decide.folded(name)
        if self._said.get(wanted) in self._by_id:
            return self._by_id[self._said[wanted]]
        found = self._by_name.get(wanted) or self._by_short.get(wanted) or self._by_form.get(short_form(wanted), [])
        if len(found) == 1:
            return found[0]
        return Reason("provider_ambiguous" if found else "provider_unknown", {"provider": name})


def _by_form(providers: Iterable[Provider]) -> dict[str, list[Provider]]:
    made: dict[str, list[Provider]] = {}
    for provider in providers:
        for form in forms_of(provider.name):
            made.setdefault(form, []).append(provider)
    return made


def _gathered(pairs: Iterable[tuple[str, Provider]]) -> dict[str, list[Provider]]:
    made: dict[str, list[Provider]] = {}
    for name, provider in pairs:
        made.setdefault(decide.folded(name), []).append(provider)
    return made


@transaction.atomic
def register_providers(*, providers: Sequence[NewProvider], actor: Actor, clock: Clock) -> dict[str, UUID]:
    """Register departments that an imported catalogue names, each under its own credit code.

    A step of its own, because a file gives a name and the law a code: whoever runs it looked the codes up.
    One that is registered already under its code is left as it is.

    Returns:
        Name as the file writes it → department.

    Raises:
        Forbidden: The actor is not the system administrator.
        CreditCodeRefused, InputsRejected: As `parties.services.register_department`.
    """
    made: dict[str, UUID] = {}
    for provider in providers:
        known = parties.department_by_code(provider.credit_code, viewer=actor)
        made[provider.name] = known.pk if known else _registered(provider, actor, clock)
    return made


def _registered(provider: NewProvider, actor: Actor, clock: Clock) -> UUID:
    return party_services.register_department(
        credit_code=provider.credit_code,
        name=provider.name,
        short_name=provider.short_name,
        place=provider.place,
        roles=frozenset({DepartmentRole.PROVIDER}),
        actor=actor,
        clock=clock,
    ).pk
