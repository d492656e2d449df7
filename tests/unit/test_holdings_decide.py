"""How a library's entry compares with what its sources say of their data."""

import pytest

from hefu.rooms.catalog.terms import Grade, PersonalInfo
from hefu.rooms.holdings.decide import is_as_personal, is_as_strict


@pytest.mark.parametrize(
    ("stated", "source", "enough"),
    [
        (Grade.GENERAL, Grade.GENERAL, True),
        (Grade.IMPORTANT, Grade.GENERAL, True),
        (Grade.GENERAL, Grade.IMPORTANT, False),
        (Grade.IMPORTANT, Grade.CORE, False),
        (None, Grade.GENERAL, True),
        (None, Grade.IMPORTANT, False),
        (Grade.GENERAL, None, True),
    ],
)
def test_an_entry_states_at_least_the_grade_of_its_source(
    stated: Grade | None, source: Grade | None, enough: bool
) -> None:
    assert is_as_strict(stated, source) is enough


@pytest.mark.parametrize(
    ("stated", "source", "enough"),
    [
        (PersonalInfo.PERSONAL, PersonalInfo.PERSONAL, True),
        (PersonalInfo.SENSITIVE, PersonalInfo.PERSONAL, True),
        (PersonalInfo.PERSONAL, PersonalInfo.SENSITIVE, False),
        (PersonalInfo.NONE, PersonalInfo.PERSONAL, False),
        (None, PersonalInfo.PERSONAL, False),
        (PersonalInfo.NONE, None, True),
    ],
)
def test_an_entry_states_at_least_the_personal_information_of_its_source(
    stated: PersonalInfo | None, source: PersonalInfo | None, enough: bool
) -> None:
    assert is_as_personal(stated, source) is enough
