"""Reads of consents to compare values, of their runs, and of what was found. Nothing here returns a sketch."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max, Q, QuerySet

from hefu.kernel.actor import Actor
from hefu.kernel.refusal import NotFound
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.clocks import queries as clocks
from hefu.rooms.resources import queries as resources
from hefu.rooms.upkeep import decide
from hefu.rooms.upkeep.access import of_departments
from hefu.rooms.upkeep.models import OverlapConsent, OverlapRun, ValueSketch
from hefu.rooms.upkeep.terms.overlap import OVERLAP_RULE, PERSONAL, STALE_DAYS, UNDER_WAY, Column, LeftOut


@dataclass(frozen=True)
class Comparable:
    """An item of a mounted entry, and why its values may not be compared."""

    item: Any
    column: Column
    #: None when they may.
    left_out: LeftOut | None


def comparable(entry: Any, *, viewer: Actor, on: datetime) -> list[Comparable]:
    """Return the items of a mounted entry that was read for its viewer, each with why it may not be compared.

    What the values look like is looked at when they are read; here only what is stated of them counts.
    """
    resource = resources.resource_for_entry(entry.pk, viewer=viewer)
    columns = resources.columns_of(resource) if resource else {}
    permitted = personal_permitted(entry.provider.place, on=on)
    found = []
    for item in catalog.items_of(entry):
        column = Column(
            item.name,
            item.code,
            columns.get(item.pk, ""),
            grade=item.grade or entry.grade,
            personal_info=entry.personal_info,
        )
        left = decide.left_out(column, personal_permitted=permitted) if column.column else LeftOut.NO_COLUMN
        found.append(Comparable(item, column, left))
    return found


def personal_permitted(place: str, *, on: datetime) -> bool:
    """Return whether the law of a place lets personal information that is not sensitive be compared."""
    rules, day = clocks.rules_at(place), on.date()
    return rules.has(OVERLAP_RULE, on=day) and PERSONAL in rules.listing(OVERLAP_RULE, on=day).ids


def consent_of(entry_id: UUID, *, viewer: Actor) -> OverlapConsent | None:
    """Return the consent that stands for an entry's values, for its department and the authority."""
    seen = OverlapConsent.objects.filter(of_departments(viewer, "resource__entry__provider_id"))
    live = seen.filter(resource__entry_id=entry_id, resource__unmounted_at__isnull=True, ended_at__isnull=True)
    return live.select_related("resource__entry__provider").first()


def runs_of(consent: OverlapConsent) -> QuerySet[OverlapRun]:
    """Return the runs of a consent that was read for its viewer, newest first."""
    return consent.runs.all()


def run(run_id: UUID, *, viewer: Actor) -> OverlapRun:
    """Return one run.

    Raises:
        NotFound: None that the viewer may read.
    """
    seen = OverlapRun.objects.filter(of_departments(viewer, "consent__resource__entry__provider_id"), pk=run_id)
    found = seen.select_related("consent__resource__entry__provider").first()
    if found is None:
        raise NotFound(what="comparison of values", key=run_id)
    return found


def sketched(consent: OverlapConsent) -> dict[UUID, datetime]:
    """Return item → when its column was sketched last, of a consent that was read for its viewer."""
    return dict(consent.sketches.values_list("item_id", "made_at"))


def live_sketches() -> QuerySet[ValueSketch]:
    """Return the sketches that may be compared now, for the platform: of consents that stand and are mounted."""
    return ValueSketch.objects.filter(
        consent__ended_at__isnull=True, consent__resource__unmounted_at__isnull=True
    ).order_by("pk")


def stale_consents(*, at: datetime, viewer: Actor) -> list[UUID]:
    """Return the consents whose sketches are too old and that nobody works on, for the platform."""
    old = at - timedelta(days=STALE_DAYS)
    seen = OverlapConsent.objects.filter(of_departments(viewer, "resource__entry__provider_id"))
    live = seen.filter(ended_at__isnull=True, resource__unmounted_at__isnull=True)
    busy = OverlapRun.objects.filter(Q(status__in=[one.value for one in UNDER_WAY]) | Q(asked_at__gt=old))
    return list(
        live.exclude(pk__in=busy.values("consent_id"))
        .annotate(last=Max("runs__asked_at"))
        .order_by("last", "pk")
        .values_list("pk", flat=True)
    )
