"""`hefu migrate`: tables up to this version; of several machines that come at once, one does it."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

import click
import psycopg

from hefu.cli.language import filled
from hefu.cli.site import prepare_site
from hefu.kernel.words import _
from hefu.node.config import Config
from hefu.node.errors import DatabaseClosed, TablesTooOld
from hefu.node.reach import reach, require_open
from hefu.node.tables import note_current

#: Any number that nothing else in the database locks on: "hefu" as digits of its letters.
_LOCK = 0x68656675


@click.command("migrate")
def command() -> None:
    """Bring the database's tables up to this version."""
    config = prepare_site()
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    with _told_when_closed(config), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            executor = MigrationExecutor(connection)
            for (room, _name), step in executor.loader.replacements.items():
                require_all_or_none(room, step.replaces, executor.loader.applied_migrations)
            executor.check_replacements()  # Steps that stand for several older ones are done where those were.
            plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
            if plan:
                require_open(reach(config.address(), way_on=""))
                call_command("migrate", interactive=False, verbosity=0)
                click.echo(filled(_("The tables are up to date: {steps} steps done."), {"steps": len(plan)}))
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
    note_current(config.places.tables_mark, config.address())


@contextmanager
def _told_when_closed(config: Config) -> Iterator[None]:
    """Turn a right that the database's user lacks into a sentence with the way on."""
    from django.db import DatabaseError

    try:
        yield
    except DatabaseError as error:
        if not isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege):
            raise
        server = reach(config.address(), way_on="")
        raise DatabaseClosed(user=server.user, database=server.database, schema=server.schema) from None


def require_all_or_none(room: str, replaced: Iterable[tuple[str, str]], done: Collection[tuple[str, str]]) -> None:
    """Let a step stand for older ones when all of them were done, or none.

    Raises:
        TablesTooOld: Some were, so that neither it nor the others, which are gone, can be done.
    """
    if len({step in done for step in replaced}) > 1:
        raise TablesTooOld(room=room)
