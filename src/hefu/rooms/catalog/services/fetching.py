"""Catalogues of other sites: fetched page by page into a file that then goes the way of every import."""

import gzip
import json
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.hashing import sha256
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import Refusal
from hefu.rooms.catalog import errors
from hefu.rooms.catalog.access import require
from hefu.rooms.catalog.importing.reading import read_table
from hefu.rooms.catalog.importing.source import SiteAsked, site_source
from hefu.rooms.catalog.importing.table import LARGEST_UNPACKED, MOST_ROWS
from hefu.rooms.catalog.importing.terms import LARGEST_INTAKE, IntakeStatus, SitePage
from hefu.rooms.catalog.models import FetchedPage, Intake
from hefu.rooms.catalog.services.intakes import alone, end, enqueue, fail, locked

#: Waits so many seconds; raises when somebody asked to stop.
Pause = Callable[[float], None]
#: Reads the page of a site that begins at a place, with patience; raises a refusal when the site does not answer.
Reader = Callable[[SiteAsked, int, Pause], SitePage]

#: Seconds between two looks whether somebody asked to stop.
_LOOK = 1.0


class _AskedToStop(Exception):
    """Somebody asked the fetching to stop."""


@transaction.atomic
def begin_fetch(*, asked: SiteAsked, actor: Actor, clock: Clock) -> Intake:
    """Let a worker fetch a site's catalogue; then it waits to be mapped as a brought file does.

    Args:
        asked: Which datasets of which site.
        actor: Who may import.
        clock: For its times.

    Raises:
        Forbidden: The actor may not import.
        FetchingAlready: The department fetches already.
    """
    require(actor, "catalog.import", actor.department_id)
    _one_at_a_time(actor)
    at = clock.now()
    row = Intake(
        id=new_id(at),
        status=IntakeStatus.FETCHING.value,
        file_name=_file_name(asked),
        size=0,
        site=asdict(asked),
        source=site_source(actor.department_id, asked),
        by=actor.id,
        by_name=actor.name,
        acting={"roles": sorted(actor.roles), "of_authority": actor.of_authority},
        department_id=actor.department_id,
        at=at,
        beat_at=at,
    )
    _keep(row, force_insert=True)
    enqueue(row)
    return row


@transaction.atomic
def fetch_on(*, intake_id: UUID, actor: Actor, clock: Clock) -> Intake:
    """Let a fetch that failed go on behind the last page that is here.

    Raises:
        NotFound: No such fetch that the actor may see.
        Forbidden: The actor may not import.
        IntakeNotReady: It did not fail, or was never fetched.
        FetchingAlready: The department fetches already.
    """
    row = locked(intake_id, actor)
    require(actor, "catalog.import", actor.department_id)
    if row.status != IntakeStatus.FAILED or not row.site or row.batch_id:
        raise errors.IntakeNotReady(file=row.file_name, status=row.status)
    _one_at_a_time(actor)
    row.status, row.fault, row.stop = IntakeStatus.FETCHING.value, {}, False
    row.at = row.beat_at = clock.now()
    _keep(row)
    enqueue(row)
    return row


def fetch_site(*, intake_id: UUID, read: Reader, clock: Clock) -> None:
    """Fetch what a file still lacks of its site. Safe to run twice, also at once; each page that came stays.

    Args:
        intake_id: The file.
        read: Reads one page.
        clock: For its times.
    """
    with alone(intake_id) as mine:
        row = Intake.objects.filter(pk=intake_id, status=IntakeStatus.FETCHING.value).first()
        if not mine or row is None:
            return
        try:
            _pages(row, read, clock)
            _whole(row, clock)
        except _AskedToStop:
            row.pages.all().delete()
            end(row, IntakeStatus.STOPPED, clock)
        except Refusal as refusal:
            fail(row, refusal, clock)


def _pages(row: Intake, read: Reader, clock: Clock) -> None:
    """Read page after page, each kept in a transaction of its own, until one brings nothing new."""
    asked = SiteAsked(**row.site)
    seen: set[str] = set()
    start = size = 0
    for page in row.pages.all():
        seen.update(record["identifier"] for record in _unpacked(page))
        start, size = page.start + page.count, size + page.size

    def pause(seconds: float) -> None:
        until = time.monotonic() + seconds
        _go_on(row, clock)
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _LOOK))
            _go_on(row, clock)

    while True:
        _go_on(row, clock)
        found = read(asked, start, pause)
        fresh = {record["identifier"]: record for record in found.records if record["identifier"] not in seen}
        if not fresh and (found.records or not found.count):
            return  # the end, or a site that answers every page alike
        seen.update(fresh)
        told = json.dumps(list(fresh.values()), ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass")
        size += len(told)
        if len(seen) > MOST_ROWS or size > LARGEST_UNPACKED or start > 10 * MOST_ROWS:
            raise errors.SiteTooLarge(site=asked.site, most=MOST_ROWS)
        kept = {"count": found.count, "size": len(told), "records": gzip.compress(told, 6, mtime=0)}
        row.pages.update_or_create(start=start, defaults=kept)
        start += found.count
        Intake.objects.filter(pk=row.pk).update(done=len(seen), total=max(found.total, len(seen)), beat_at=clock.now())


def _go_on(row: Intake, clock: Clock) -> None:
    """Give a sign of life.

    Raises:
        _AskedToStop: Somebody did.
    """
    if not Intake.objects.filter(pk=row.pk, stop=False).update(beat_at=clock.now()):
        raise _AskedToStop


def _whole(row: Intake, clock: Clock) -> None:
    """Make one file of the pages, the same bytes for the same datasets, and let it wait to be mapped."""
    records = [record for page in row.pages.all() for record in _unpacked(page)]
    if not records:
        raise errors.NothingFetched(site=row.site["site"])
    records.sort(key=lambda record: str(record["identifier"]))
    data = gzip.compress(json.dumps(records, ensure_ascii=False).encode("utf-8", "replace"), 6, mtime=0)
    if len(data) > LARGEST_INTAKE:
        raise errors.SiteTooLarge(site=row.site["site"], most=MOST_ROWS)
    table = read_table(data, row.file_name)
    with transaction.atomic():
        current = Intake.objects.select_for_update().get(pk=row.pk)
        if current.stop:
            raise _AskedToStop
        current.status, current.data, current.size = IntakeStatus.BROUGHT.value, data, len(data)
        current.file_digest, current.total, current.done = sha256(data), len(table.rows), 0
        current.beat_at = clock.now()
        current.save()
        FetchedPage.objects.filter(intake=current).delete()


def _unpacked(page: FetchedPage) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(gzip.decompress(bytes(page.records)).decode("utf-8", "surrogatepass"))
    return told


def _one_at_a_time(actor: Actor) -> None:
    own = Q(department_id=actor.department_id) if actor.department_id else Q(department__isnull=True)
    now = Intake.objects.filter(own, status=IntakeStatus.FETCHING.value).first()
    if now is not None:
        raise errors.FetchingAlready(site=now.site.get("site", ""))


def _keep(row: Intake, *, force_insert: bool = False) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=force_insert)
    except IntegrityError:
        raise errors.FetchingAlready(site=row.site.get("site", "")) from None


def _file_name(asked: SiteAsked) -> str:
    parts = urlsplit(asked.site)
    wanted = " ".join(part for part in (parts.netloc + parts.path, asked.organization, asked.words) if part)
    return f"{wanted[:190]}.json"
