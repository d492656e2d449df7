"""How everybody is heard on a draft: only where it is so decided, looked at before it shows, and never lost."""

from datetime import date
from uuid import UUID

import pytest

from hefu.kernel.actor import Actor, Role
from hefu.kernel.clock import Clock, at_noon
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound
from hefu.rooms.catalog.models import Entry
from hefu.rooms.evidence.queries import history
from hefu.rooms.upkeep import errors, queries, services
from hefu.rooms.upkeep.models import Comment, Round
from hefu.rooms.upkeep.terms import Check
from tests.builders import NOON, SYSTEM, a_department, a_draft, an_actor, the_authority

pytestmark = pytest.mark.django_db

ANYBODY = Actor(id="nobody", name="")
UNTIL = date(2026, 3, 20)
LATER = at_noon(date(2026, 3, 23))


def opened(row: Entry, *, public: bool = False) -> Round:
    return services.open_round(entry_id=row.pk, until=UNTIL, public=public, actor=an_actor(row.provider), clock=NOON)


def said(round_id: UUID, text: str = "建议公开更新频率", origin: str = "192.0.2.1", clock: Clock = NOON) -> Comment:
    return services.comment_publicly(
        round_id=round_id, text=text, speaker="周女士", origin=origin, actor=ANYBODY, clock=clock
    )


@pytest.mark.clause("GZ2020-09d")
def test_where_the_law_says_so_everybody_is_heard_and_elsewhere_only_when_the_department_wants_it() -> None:
    by_law = opened(a_draft(a_department("贵阳市民政局", place="520100")))
    assert by_law.public
    (record,) = (one for one in history(by_law.number, viewer=SYSTEM) if one.kind == "round.opened")
    assert "guizhou-2020" in str(record.basis)
    assert not opened(a_draft(a_department("成都市民政局", place="510100"))).public
    wanted = opened(a_draft(a_department("德阳市民政局", place="510600")), public=True)
    assert {row.pk for row in queries.public_rounds(viewer=ANYBODY)} == {by_law.pk, wanted.pk}


@pytest.mark.clause("GZ2020-09d")
def test_a_new_entry_on_which_nobody_was_heard_is_told_to_its_reviewer_where_the_law_wants_it() -> None:
    rows = [a_draft(a_department(place=place), class_code="302001") for place in ("520100", "510100")]

    def unheard(row: Entry) -> bool:
        found = queries.findings_of(row.pk, viewer=an_actor(row.provider))
        return Check.NOT_HEARD in {one.check for one in found}

    assert [unheard(row) for row in rows] == [True, False]
    opened(rows[0])
    assert not unheard(rows[0])


def test_a_round_for_departments_alone_is_not_there_for_the_public() -> None:
    row = opened(a_draft(a_department(place="510100")))
    with pytest.raises(NotFound):
        queries.public_round(row.pk, viewer=ANYBODY)
    with pytest.raises(NotFound):
        said(row.pk)
    assert queries.rounds(viewer=ANYBODY).count() == 0


def test_a_comment_shows_when_somebody_looked_at_it_and_one_kept_back_stays_with_its_reason() -> None:
    row = a_draft()
    officer, reviewer = an_actor(row.provider), an_actor(the_authority(), Role.REVIEWER)
    stranger = an_actor(a_department())
    found = opened(row, public=True)
    good, advert = said(found.pk), said(found.pk, "代办贷款")
    assert queries.comments(found, viewer=stranger) == queries.comments(found, viewer=ANYBODY) == []
    with pytest.raises(Forbidden):
        services.look_at_comment(comment_id=good.pk, shown=True, actor=stranger, clock=NOON)
    with pytest.raises(NotFound):
        services.answer_comment(comment_id=good.pk, taken=True, answer="", actor=officer, clock=NOON)
    services.look_at_comment(comment_id=good.pk, shown=True, actor=officer, clock=NOON)
    with pytest.raises(InputsRejected):
        services.look_at_comment(comment_id=advert.pk, shown=False, actor=officer, clock=NOON)
    services.look_at_comment(comment_id=advert.pk, shown=False, reason="广告", actor=officer, clock=NOON)
    with pytest.raises(errors.RoundRefused, match="before"):
        services.look_at_comment(comment_id=advert.pk, shown=True, actor=reviewer, clock=NOON)
    assert [one.pk for one in queries.comments(found, viewer=ANYBODY)] == [good.pk]
    assert [one.kept_back for one in queries.comments(found, viewer=reviewer)] == ["", "广告"]
    counted = queries.round_(found.pk, viewer=reviewer)
    assert (counted.said, counted.waiting, counted.kept_back) == (1, 0, 1)  # type: ignore[attr-defined]


def test_a_round_closes_when_every_comment_of_the_public_was_looked_at_and_each_shown_one_answered() -> None:
    row = a_draft()
    officer = an_actor(row.provider)
    found = opened(row, public=True)
    made = said(found.pk)
    with pytest.raises(errors.RoundRefused, match="looked at"):
        services.close_round(round_id=found.pk, actor=officer, clock=LATER)
    services.look_at_comment(comment_id=made.pk, shown=True, actor=officer, clock=LATER)
    with pytest.raises(errors.RoundRefused, match="no answer"):
        services.close_round(round_id=found.pk, actor=officer, clock=LATER)
    services.answer_comment(comment_id=made.pk, taken=True, answer="已写明", actor=officer, clock=LATER)
    services.close_round(round_id=found.pk, actor=officer, clock=LATER)
    made.refresh_from_db()
    assert made.origin == "", "nothing is kept of where it came from"
    told = history(found.number, viewer=SYSTEM)
    assert {"round.public_commented", "round.looked_at"} <= {one.kind for one in told}
    assert all("周女士" not in str(one.body) and "建议" not in str(one.body) for one in told)


def test_one_place_says_so_much_a_day_and_the_late_are_not_heard() -> None:
    found = opened(a_draft(), public=True)
    for number in range(5):
        said(found.pk, f"意见 {number}")
    with pytest.raises(errors.TooManyComments):
        said(found.pk, "再来一条")
    said(found.pk, "另一个地方", origin="192.0.2.2")
    said(found.pk, "第二天", clock=at_noon(date(2026, 3, 13)))
    assert not Comment.objects.filter(origin__contains="192.0.2").exists()
    with pytest.raises(errors.RoundRefused, match="over"):
        said(found.pk, clock=LATER)
    with pytest.raises(InputsRejected):
        said(found.pk, " ", origin="192.0.2.3")
    with pytest.raises(InputsRejected):
        said(found.pk, "长" * 2001, origin="192.0.2.3")


def test_an_office_with_many_addresses_of_its_own_is_one_place() -> None:
    found = opened(a_draft(), public=True)
    for number in range(5):
        said(found.pk, origin=f"2001:db8:1:2::{number:x}")
    with pytest.raises(errors.TooManyComments):
        said(found.pk, origin="2001:db8:1:2:ffff::1")
    said(found.pk, origin="2001:db8:1:3::1")
    for number in range(5):
        said(found.pk, origin=f"::ffff:192.0.2.{number}")


@pytest.mark.parametrize(("place", "public"), [("510100", True), ("520100", False)])
def test_a_draft_whose_secrecy_nobody_has_assessed_is_not_put_before_everybody(place: str, public: bool) -> None:
    row = a_draft(a_department(place=place), secrecy=None)
    with pytest.raises(errors.RoundRefused, match="secret"):
        opened(row, public=public)
    assert not Round.objects.exists()


def test_comments_that_nobody_looks_at_do_not_pile_up_without_end() -> None:
    found = opened(a_draft(), public=True)
    Comment.objects.bulk_create(
        Comment(id=new_id(NOON.now()), round=found, text="意见", by="nobody", shown=None, at=NOON.now())
        for _one in range(200)
    )
    with pytest.raises(errors.TooManyComments):
        said(found.pk)
