"""`hefu jobs`: what the worker does, did and could not do."""

from typing import Any

import click

from hefu.cli.language import filled
from hefu.cli.output import json_option, show_rows
from hefu.cli.site import prepare_site
from hefu.kernel.clock import SystemClock
from hefu.kernel.refusal import NotFound, Refusal
from hefu.kernel.words import _

STATUSES = ("todo", "doing", "succeeded", "failed", "cancelled", "aborted")


class NotFailed(Refusal):
    """Only a job that failed can be tried again by hand."""

    code = "jobs.not_failed"
    text = _("Job {number} is {status}, not failed, so there is nothing to try again. List them: hefu jobs list")


@click.group("jobs")
def command() -> None:
    """Look at the worker's jobs, and try failed ones again."""


@command.command("list")
@click.option("--status", type=click.Choice(STATUSES), help="Only these.")
@click.option("--limit", default=50, show_default=True, help="Most lines.")
@json_option
def list_(status: str | None, limit: int, as_json: bool) -> None:
    """List jobs, newest first."""
    prepare_site()
    from procrastinate.contrib.django.models import ProcrastinateJob

    found = ProcrastinateJob.objects.order_by("-id")
    if status:
        found = found.filter(status=status)
    rows: list[dict[str, Any]] = [
        {"number": job.pk, "task": job.task_name, "status": job.status, "attempts": job.attempts, "args": job.args}
        for job in found[:limit]
    ]
    show_rows(rows, as_json=as_json)


@command.command("retry")
@click.argument("number", type=int)
def retry(number: int) -> None:
    """Try failed job NUMBER again; every job is safe to run twice."""
    prepare_site()
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.models import ProcrastinateJob

    job = ProcrastinateJob.objects.filter(pk=number).first()
    if job is None:
        raise NotFound(what="job", key=number)
    if job.status != "failed":
        raise NotFailed(number=number, status=job.status)
    app.job_manager.retry_job_by_id(number, retry_at=SystemClock().now())
    click.echo(filled(_("Job {number} waits for the worker again."), {"number": number}))
