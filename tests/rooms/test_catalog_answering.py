"""A key that a sender makes up: one body, one piece of work, one answer, whatever happens to the key meanwhile."""

from datetime import timedelta

import pytest

from hefu.kernel.actor import Role
from hefu.kernel.clock import at_noon
from hefu.rooms.catalog import errors
from hefu.rooms.catalog.models import Answered
from hefu.rooms.catalog.services.answering import answer_once
from tests.builders import NOON, a_department, an_actor

pytestmark = pytest.mark.django_db


def test_the_work_is_done_once_for_a_key_and_its_body() -> None:
    actor, worked = an_actor(a_department(), Role.OFFICER), []

    def work() -> dict[str, int]:
        worked.append(1)
        return {"made": len(worked)}

    assert answer_once(key="k", digest="a", work=work, actor=actor, clock=NOON) == ({"made": 1}, False)
    assert answer_once(key="k", digest="a", work=work, actor=actor, clock=NOON) == ({"made": 1}, True)
    with pytest.raises(errors.KeyReused):
        answer_once(key="k", digest="b", work=work, actor=actor, clock=NOON)
    assert len(worked) == 1


def test_a_key_that_runs_out_during_the_work_takes_nothing_from_its_answer() -> None:
    actor = an_actor(a_department(), Role.OFFICER)

    def work() -> dict[str, bool]:
        answer_once(key="other", digest="x", work=dict, actor=actor, clock=at_noon(NOON.today() + timedelta(days=3)))
        assert not Answered.objects.filter(key="slow").exists()
        return {"done": True}

    assert answer_once(key="slow", digest="a", work=work, actor=actor, clock=NOON) == ({"done": True}, False)


def test_a_key_whose_work_failed_may_be_sent_again() -> None:
    actor = an_actor(a_department(), Role.OFFICER)
    with pytest.raises(ZeroDivisionError):
        answer_once(key="k", digest="a", work=lambda: {"x": 1 // 0}, actor=actor, clock=NOON)
    assert answer_once(key="k", digest="b", work=lambda: {"x": 1}, actor=actor, clock=NOON) == ({"x": 1}, False)
