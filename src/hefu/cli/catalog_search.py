"""`hefu catalog search` and `reindex`: find entries as the pages do, and make the index anew."""

from typing import Any

import click

from hefu.cli.acting import acting_option
from hefu.cli.output import json_option, show, show_rows
from hefu.cli.site import prepare_site
from hefu.kernel.actor import Actor

#: Facets that `--where` knows.
_FACETS = "status, share_type, provider, level, place, theme, kind, open_type, channel, update_cycle, format, grade"


def choices(where: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return facet → values from what `--where` says.

    Raises:
        click.BadParameter: There is no such facet.
    """
    from hefu.search.terms import FACETS

    chosen: dict[str, tuple[str, ...]] = {}
    for one in where:
        facet, _, value = one.partition("=")
        if facet not in FACETS:
            raise click.BadParameter(f"{facet} is no facet; known are {', '.join(FACETS)}.", param_hint="--where")
        chosen[facet] = (*chosen.get(facet, ()), value)
    return chosen


@click.command("search")
@click.argument("words", nargs=-1)
@click.option("--where", multiple=True, metavar="FACET=VALUE", help=f"Narrow; facets are {_FACETS}, quality.")
@click.option("--sort", type=click.Choice(["relevance", "newest", "name", "uses"]), default="relevance")
@click.option("--facets", is_flag=True, help="Also count by every facet.")
@click.option("--limit", default=25, show_default=True, help="Most lines.")
@acting_option(writes=False)
@json_option
def search(
    words: tuple[str, ...],
    where: tuple[str, ...],
    sort: str,
    facets: bool,
    limit: int,
    actor: Actor,
    as_json: bool,
) -> None:
    """Find entries by words, short names, pinyin or initials; entries in force unless `--where status=…`."""
    from hefu.rooms.catalog import queries
    from hefu.search.terms import FACETS, Question, Sort

    chosen = choices(where)
    question = Question(
        text=" ".join(words),
        chosen=tuple(({"status": ("published",)} | chosen).items()),
        sort=Sort(sort),
        limit=max(0, min(limit, 1000)),
        counted=FACETS if facets else (),
    )
    answer = queries.search(question, viewer=actor)
    rows: list[dict[str, Any]] = [
        {
            "code": entry.code,
            "name": entry.name,
            "provider": entry.provider.name,
            "status": entry.status,
            "share_type": entry.share_type,
        }
        for entry in answer.entries
    ]
    told = {
        "total": answer.total,
        "as_of": answer.as_of,
        "pending": answer.pending,
        "from_database": answer.reason,
        "lacking_a_word": answer.relaxed,
        "did_you_mean": answer.suggestion,
    }
    counts = {name: {one.value: one.count for one in values} for name, values in answer.counts.items()}
    if as_json:
        show(told | {"entries": rows, "facets": counts}, as_json=True)
        return
    show_rows(rows, as_json=False, columns=("code", "name", "provider", "status", "share_type"))
    show(
        told | {name: ", ".join(f"{value} {n}" for value, n in of.items()) for name, of in counts.items()},
        as_json=False,
    )


@click.command("reindex")
@json_option
def reindex(as_json: bool) -> None:
    """Make this host's search index anew; the old one answers meanwhile."""
    prepare_site()
    from hefu.rooms.catalog.searching.shelf import shelf

    def progress(done: int, total: int) -> None:
        click.echo(f"\r{done} of {total} entries", nl=False, err=True)

    number = shelf().rebuild(progress)
    click.echo("", err=True)
    show({"indexed": number, "already_running": number is None}, as_json=as_json)


def add_to(group: click.Group) -> None:
    """Give `hefu catalog` these commands."""
    group.add_command(search)
    group.add_command(reindex)
