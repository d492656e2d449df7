"""A table that is kept in step does not lose far more rows than it keeps without somebody's word."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from hefu.dataplane.capture.shrinking import WINDOW, Shrinking
from hefu.dataplane.connectors.postgres.followed import Counts, Followed
from hefu.dataplane.errors import TooFewRows
from hefu.rooms.deliveries.decide.silence import least_rows


class Table:
    """A table of so many rows, a clock, and the rule over both."""

    def __init__(self, rows: int, *, allowed: bool = False, percent: int = 50) -> None:
        self.rows, self.now, self.counted = rows, 1000.0, 0
        self.rule = Shrinking(
            lambda before: least_rows(before=before, percent=percent), allowed, clock=lambda: self.now
        )

    def commits(self, *, inserted: int = 0, deleted: int = 0) -> None:
        self.rows += inserted - deleted

        def count() -> int:
            self.counted += 1
            return self.rows

        self.rule.look(Counts(inserted=inserted, deleted=deleted), count)


def test_half_may_go_and_one_more_may_not() -> None:
    Table(100).commits(deleted=50)
    with pytest.raises(TooFewRows) as held:
        Table(100).commits(deleted=51)
    assert held.value.facts == {"rows": 49, "least": 50}
    Table(100, percent=0).commits(deleted=100)


def test_a_table_that_is_emptied_and_filled_in_one_commit_has_lost_nothing() -> None:
    table = Table(100)
    table.commits(deleted=100, inserted=100)
    table.commits(deleted=100, inserted=80)
    assert table.counted == 1


def test_many_small_losses_are_one_and_slow_ones_are_not() -> None:
    def emptied(pause: float) -> Callable[[], None]:
        table = Table(1000)

        def work() -> None:
            for _step in range(90):
                table.commits(deleted=10)
                table.now += pause

        return work

    with pytest.raises(TooFewRows):
        emptied(1.0)()
    emptied(WINDOW + 1)()


def test_what_was_let_through_passes_once_with_all_that_belongs_to_it() -> None:
    table = Table(100, allowed=True)
    table.commits(deleted=60)
    assert (table.rule.allowed, table.rule.passed) == (False, True)
    table.commits(deleted=39)
    table.now += WINDOW + 1
    table.commits(inserted=99)
    with pytest.raises(TooFewRows):
        table.commits(deleted=100)


def test_a_table_that_grows_is_not_counted() -> None:
    table = Table(100)
    table.commits(inserted=50)
    table.commits(inserted=50, deleted=10)
    assert table.counted == 0


@dataclass
class Standing:
    """A table of eighty rows that a delivery followed under some ticket."""

    ticket: str

    def load(self, delivery: str) -> Followed:
        return Followed(self.ticket, "plan", f"slot of {delivery}", "0/1")

    def columns(self) -> object:
        return ()

    def rows(self) -> int:
        return 80

    def commit(self) -> None:
        """Nothing was read that needs an end."""


def test_a_copy_made_anew_is_held_to_the_same_share_unless_the_grant_is_another() -> None:
    rule = Table(80).rule
    assert rule.least_of_copy(Standing("t"), "D", "t") == 40
    assert rule.least_of_copy(Standing("narrower"), "D", "t") == 0
    rule.allowed = True
    assert rule.least_of_copy(Standing("t"), "D", "t") == 0
    rule.copied()
    assert (rule.allowed, rule.passed) == (False, True)
