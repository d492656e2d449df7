"""A lower room announces; only the one list says who listens."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from hefu.kernel import events
from hefu.kernel.actor import Actor, Role, system


@dataclass(frozen=True)
class Granted:
    number: str


@dataclass(frozen=True)
class Refused:
    number: str


@pytest.fixture(autouse=True)
def _keep_the_wiring() -> Iterator[None]:
    kept: dict[type[Any], list[events.Listener]] = {kind: list(calls) for kind, calls in events._listeners.items()}
    yield
    events.wire(kept)


def test_listeners_hear_their_event_in_the_order_of_the_list_and_no_other() -> None:
    heard: list[str] = []
    events.wire(
        {
            Granted: [lambda event: heard.append(f"a {event.number}"), lambda event: heard.append(f"b {event.number}")],
            Refused: [lambda event: heard.append(f"c {event.number}")],
        }
    )
    events.announce(Granted("R-1"))
    assert heard == ["a R-1", "b R-1"]


def test_a_failing_listener_fails_the_announcer_and_stops_the_rest() -> None:
    heard: list[str] = []

    def fail(event: Granted) -> None:
        raise RuntimeError(event.number)

    events.wire({Granted: [fail, lambda event: heard.append(event.number)]})
    with pytest.raises(RuntimeError, match="R-1"):
        events.announce(Granted("R-1"))
    assert heard == []


def test_wiring_again_forgets_the_list_before() -> None:
    heard: list[str] = []
    events.wire({Granted: [lambda event: heard.append("old")]})
    events.wire({Refused: [lambda event: heard.append("new")]})
    events.announce(Granted("R-1"))
    assert heard == []


def test_an_actor_holds_its_seats_roles_and_the_system_is_told_apart() -> None:
    chief = Actor(id="seat:1", name="李", roles=frozenset({Role.CHIEF}))
    assert chief.has(Role.OFFICER, Role.CHIEF)
    assert not chief.has(Role.AUDITOR)
    assert not chief.is_system
    assert system("sweep").is_system
    assert not system("sweep").has(*Role)
