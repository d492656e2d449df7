"""Jobs whose worker died run again on another: the real queue, with the leftovers of a worker that was killed."""

import asyncio
import gc
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob

from hefu.cli.worker import BEAT
from hefu.kernel.actor import Role
from hefu.kernel.clock import SystemClock
from hefu.rooms.catalog import services
from hefu.rooms.catalog.importing.source import SiteAsked
from hefu.site.stalled import MOST, SILENT, retry_stalled
from tests.builders import an_actor, the_authority

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # The queue's own connector and threads leave their connections to the collector when a worker ends and its
    # process goes on; `worked` has them collected here, not in whatever test comes later.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@app.task(name="tests.count")
async def count(timestamp: int) -> None:
    """A job that can be done in the worker's own loop."""
    del timestamp


def left_behind(*, silent: float | None, attempts: int = 1) -> int:
    """Leave a job as a worker leaves it that has said nothing for so many seconds, or that is gone altogether."""
    with connection.cursor() as cursor:
        worker = None
        if silent is not None:
            cursor.execute(
                "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s))"
                " RETURNING id",
                [silent],
            )
            (worker,) = cursor.fetchone()
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts, worker_id)"
            " VALUES ('default', %s, '{\"timestamp\": 0}', 'doing', %s, %s) RETURNING id",
            ["tests.count", attempts, worker],
        )
        (job,) = cursor.fetchone()
    return int(job)


def worked(*jobs: int) -> list[Any]:
    """Let a worker do what waits; return how the jobs stand then."""
    retry_stalled.defer(timestamp=0)

    async def work() -> None:
        async with app.open_async():
            await app.run_worker_async(wait=False, install_signal_handlers=False)

    assert isinstance(app.connector, DjangoConnector)
    with app.replace_connector(app.connector.get_worker_connector()):
        asyncio.run(work())
    gc.collect()
    return [ProcrastinateJob.objects.get(pk=job).status for job in jobs]


def test_a_job_whose_worker_died_runs_again_and_one_whose_worker_lives_is_let_be() -> None:
    gone, dead, living = left_behind(silent=None), left_behind(silent=SILENT + 1), left_behind(silent=BEAT)
    assert worked(gone, dead, living) == ["succeeded", "succeeded", "doing"]


def test_a_job_that_takes_every_worker_with_it_is_given_up_and_does_not_keep_the_others() -> None:
    poison, other = left_behind(silent=None, attempts=MOST), left_behind(silent=None)
    assert worked(poison, other) == ["failed", "succeeded"]


def test_a_job_that_waits_already_does_not_wait_twice_and_the_next_is_looked_at_all_the_same() -> None:
    doing, other = left_behind(silent=None), left_behind(silent=None)
    ProcrastinateJob.objects.filter(pk=doing).update(queueing_lock="one")  # type: ignore[misc]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, scheduled_at)"
            " VALUES ('default', 'tests.count', 'one', now() + interval '1 hour')"
        )
    assert worked(doing, other) == ["doing", "succeeded"]


def test_a_worker_that_begins_takes_an_import_up_without_waiting_for_its_silence() -> None:
    clock = SystemClock()
    actor = an_actor(the_authority(), Role.REVIEWER)
    row = services.begin_fetch(asked=SiteAsked("http://127.0.0.1:9"), actor=actor, clock=clock)
    assert services.take_up_lost(clock=clock) == []
    assert services.take_up_lost(clock=clock, silent=timedelta()) == [row.pk]
