"""The queue task that fetches a CKAN site for the catalogue."""

from uuid import UUID

from procrastinate.contrib.django import app

from hefu.kernel.actor import system
from hefu.kernel.clock import SystemClock
from hefu.protocols.ckan.client import Pause, as_record, page
from hefu.protocols.ckan.fetch import Bounds, Policy
from hefu.rooms.catalog import services
from hefu.rooms.catalog.importing.source import SiteAsked
from hefu.rooms.catalog.importing.terms import SitePage
from hefu.rooms.catalog.services.fetching import Reader
from hefu.rooms.resources.queries import site_policy


@app.task(name=services.FETCH)
def fetch(intake_id: str) -> None:
    """Fetch what a file still lacks of its site. Safe to run twice, also at once."""
    policy = site_policy(actor=system("ckan"))
    services.fetch_site(intake_id=UUID(intake_id), read=reader(policy), clock=SystemClock())


def reader(policy: Policy, bounds: Bounds = Bounds()) -> Reader:  # noqa: B008 - frozen
    """Return what reads one page of a CKAN site as records."""

    def read(asked: SiteAsked, start: int, pause: Pause) -> SitePage:
        found = page(asked, start, policy=policy, bounds=bounds, pause=pause)
        records = [as_record(package, asked.site) for package in found.packages]
        return SitePage([one for one in records if one["identifier"]], found.count, found.total)

    return read
