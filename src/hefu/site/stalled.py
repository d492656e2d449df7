"""Jobs whose worker died: every task of ours is safe to run twice, so another worker simply runs them again."""

import logging

from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status

from hefu.cli.worker import BEAT

#: Seconds that a worker may be silent before its jobs go to another.
SILENT = 3 * BEAT
#: Workers that one job may take with it before it counts as failed.
MOST = 5

log = logging.getLogger(__name__)


@app.task(name="queue.retry_stalled", queueing_lock="queue.retry_stalled", pass_context=True)
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    """Put the jobs of dead workers back into the queue. Safe to run twice.

    Args:
        context: Of this job; it knows the queue.
        timestamp: When the run was scheduled, in seconds; the task goes by signs of life instead.
    """
    del timestamp
    assert context.app is not None  # noqa: S101 - a worker runs this
    jobs = context.app.job_manager
    for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=SILENT):
        try:
            if job.attempts >= MOST:
                await jobs.finish_job(job, status=Status.FAILED, delete_job=False)
                log.error("job %s (%s) has lost %s workers and is given up", job.id, job.task_name, job.attempts)
            else:
                await jobs.retry_job(job)
                log.warning("job %s (%s) lost its worker and runs again", job.id, job.task_name)
        except ConnectorException as error:
            # Another worker was first, or the same is in the queue already.
            log.info("job %s (%s) stays as it is: %s", job.id, job.task_name, error)
