"""Queue tasks of the catalogue; `hefu.site.schedule` says how often the periodic ones run."""

import logging
from uuid import UUID

from procrastinate.contrib.django import app

from hefu.kernel.clock import SystemClock
from hefu.rooms.catalog import services
from hefu.rooms.catalog.searching import notes
from hefu.rooms.catalog.searching.shelf import shelf

log = logging.getLogger(__name__)


@app.task(name="catalog.keep_index", queueing_lock="catalog.keep_index")
def keep_index(timestamp: int) -> None:
    """Bring the search index of this host up to date, or make it anew. Safe to run twice.

    Args:
        timestamp: When the run was scheduled, in seconds; the task goes by what changed instead.
    """
    del timestamp
    shelf().keep()


@app.task(name="catalog.look", queueing_lock="catalog.look")
def look_for_people(timestamp: int) -> None:
    """Tell people what their kept searches find anew; forget old notes of changes. Safe to run twice.

    Args:
        timestamp: When the run was scheduled, in seconds; the task goes by the clock instead.
    """
    del timestamp
    clock = SystemClock()
    told = services.look_for_people(clock=clock)
    if told:
        log.info("kept searches found %d entries", told)
    notes.forget(before=clock.now() - notes.KEPT)


@app.task(name="catalog.intake")
def carry_on_intake(intake_id: str) -> None:
    """Compare a brought file with the catalogue, or take it in. Safe to run twice, also at once."""
    services.carry_on(intake_id=UUID(intake_id), clock=SystemClock())


@app.task(name="catalog.take_up_lost", queueing_lock="catalog.take_up_lost")
def take_up_lost_intakes(timestamp: int) -> None:
    """Enqueue files whose worker died on the way, and let go of files that nobody came back for. Safe to run twice.

    Args:
        timestamp: When the run was scheduled, in seconds; the task goes by the clock instead.
    """
    del timestamp
    for pk in services.take_up_lost(clock=SystemClock()):
        log.warning("import %s lost its worker and is taken up again", pk)
