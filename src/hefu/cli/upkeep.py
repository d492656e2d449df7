"""`hefu catalog coverage`: how whole the catalogue is, for people, programs and auditors."""

import click

from hefu.cli.acting import acting_option
from hefu.cli.output import json_option, show_rows
from hefu.kernel.actor import Actor


@click.command("coverage")
@click.option("--place", default="", help="Only departments of this division code and of those below it.")
@click.option("--gaps-only", is_flag=True, help="Only departments that have a gap.")
@click.option("--by-place", is_flag=True, help="One line for each division code instead of each department.")
@click.option("--now", is_flag=True, help="Count now, however large the catalogue is.")
@acting_option(writes=False)
@json_option
def coverage(place: str, gaps_only: bool, by_place: bool, now: bool, actor: Actor, as_json: bool) -> None:
    """Count systems, entries, tables and duties that do not hang together, by department."""
    from hefu.rooms.upkeep import queries
    from hefu.rooms.upkeep.terms import Gap

    stem = place.rstrip("0") if len(place) <= 6 else place
    found = [one for one in queries.coverage(viewer=actor, now=now) if one.place.startswith(stem)]
    if by_place:
        found = list(queries.by_place(found).values())
    rows = [
        {
            "department": one.name,
            "place": one.place,
            "entries": one.entries,
            "systems": one.systems,
            "duties": one.duties,
            **{gap.value: one.gap(gap) for gap in Gap},
            "counted_at": one.counted_at,
        }
        for one in found
        if one.total or not gaps_only
    ]
    columns = ("department", "place", "entries", "systems", *(gap.value for gap in Gap))
    show_rows(rows, as_json=as_json, columns=columns)
