"""A node numbers its entries as the profile says that it is set to, and keeps the profile's own fields."""

import dataclasses
from typing import Any

import pytest

from hefu.kernel.refusal import InputsRejected
from hefu.rooms.catalog import queries, services
from hefu.rooms.catalog.errors import CodesUsedUp
from hefu.rooms.catalog.models import CodeCounter
from hefu.rooms.catalog.profiles import profile
from hefu.rooms.catalog.terms import Extra, FormatClass
from tests.builders import NOON, SYSTEM, a_content, a_department, a_draft, an_actor, publish

pytestmark = pytest.mark.django_db


def set_to(settings: Any, name: str) -> None:
    settings.HEFU = dataclasses.replace(settings.HEFU, catalog_profile=name)


@pytest.mark.clause("GZ2020-09a")
def test_the_guide_numbers_within_a_class_and_the_draft_within_office_and_form(settings: Any) -> None:
    office = a_department()
    assert [a_draft(office).code, a_draft(office).code, a_draft(office, class_code="3").code] == [
        "101/000001",
        "101/000002",
        "3/000001",
    ]
    set_to(settings, "description-draft")
    made = [a_draft(office), a_draft(office), a_draft(office, format_class=FormatClass.SPREADSHEET)]
    stem = f"511700{office.credit_code[8:17]}/"
    assert [row.code[:-2] for row in made] == [f"{stem}D000001", f"{stem}D000002", f"{stem}F000001"]
    rule = profile("description-draft").code
    assert rule is not None
    assert all(rule.fits(row.code) for row in made)


def test_a_draft_is_numbered_anew_when_its_code_would_begin_otherwise_and_what_is_published_is_not(
    settings: Any,
) -> None:
    set_to(settings, "description-draft")
    row = a_draft()
    content = queries.content_of(row)
    actor = an_actor(row.provider)
    other = dataclasses.replace(content, format_class=FormatClass.SPREADSHEET, format_types=("xlsx",))
    changed = services.change_entry(entry_id=row.pk, content=other, actor=actor, clock=NOON)
    assert changed.code != row.code
    assert "/F" in changed.code
    back = services.change_entry(entry_id=row.pk, content=content, actor=actor, clock=NOON)
    publish(back)
    again = services.change_entry(entry_id=row.pk, content=other, actor=actor, clock=NOON)
    assert again.code == back.code


def test_when_all_numbers_are_given_out_it_says_which_setting_to_change(settings: Any) -> None:
    set_to(settings, "description-draft")
    first = a_draft()
    CodeCounter.objects.update(last=999_999)
    with pytest.raises(CodesUsedUp, match="HEFU_CATALOG_PROFILE"):
        a_draft(first.provider)


def test_extension_fields_are_kept_in_versions_and_a_wrong_one_is_named() -> None:
    said = (Extra("network", "政务外网"), Extra("total_rows", "1200"))
    row = a_draft(extension=said)
    publish(row)
    assert queries.content_of(queries.entry(row.pk, viewer=SYSTEM)).extension == said
    assert queries.version(row.pk, 1, viewer=SYSTEM).extension == said
    with pytest.raises(InputsRejected) as refused:
        services.change_entry(
            entry_id=row.pk,
            content=a_content(extension=(Extra("total_rows", "约三万条"),)),
            actor=an_actor(row.provider),
            clock=NOON,
        )
    assert "extension" in refused.value.problems
