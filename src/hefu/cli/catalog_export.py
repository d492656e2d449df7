"""`hefu catalog export`: the catalogue as a file."""

import sys
from pathlib import Path

import click

from hefu.cli.acting import acting_option
from hefu.cli.catalog_search import choices
from hefu.kernel.actor import Actor

FORMS = ("xlsx", "csv", "json", "ttl", "jsonld", "rdf")


@click.command("export")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--format", "form", type=click.Choice(FORMS), default=None, help="Without it, as FILE ends.")
@click.option("--department", "holder", default="", metavar="CREDIT_CODE", help="Only the entries of that department.")
@click.option("--search", default="", help="Only entries with these words.")
@click.option("--where", multiple=True, metavar="FACET=VALUE", help="Narrow as `hefu catalog search` does.")
@click.option("--status", default="published", show_default=True, help="draft, in_review, returned … or all.")
@click.option("--address", default="", help="Address of the node that graphs name their things by.")
@acting_option(writes=False)
def export(
    file: Path,
    form: str | None,
    holder: str,
    search: str,
    where: tuple[str, ...],
    status: str,
    address: str,
    actor: Actor,
) -> None:
    """Write entries to FILE (- is standard output): the guide's sheet (xlsx), csv, json, DCAT-AP (ttl, jsonld, rdf)."""
    from django.conf import settings

    from hefu.kernel.refusal import NotFound
    from hefu.protocols.exports import Form
    from hefu.protocols.exports import chosen as select
    from hefu.protocols.exports import export as write
    from hefu.rooms.catalog import queries
    from hefu.rooms.parties import queries as parties
    from hefu.search.terms import Question

    chosen = form or file.suffix.lstrip(".").casefold()
    if chosen not in FORMS:
        raise click.UsageError(f"Say the form with --format: {', '.join(FORMS)}.")
    provider = parties.department_by_code(holder, viewer=actor) if holder else None
    if holder and provider is None:
        raise NotFound(what="department", key=holder)
    if where:
        asked = {"status": (status,)} if status != "all" else {}
        asked |= {"provider": (str(provider.pk),)} if provider else {}
        found = select(Question(text=search, chosen=tuple((asked | choices(where)).items())), viewer=actor)
    else:
        found = queries.entries(
            viewer=actor,
            status="" if status == "all" else status,
            search=search,
            provider_id=provider.pk if provider else None,
            order="code",
        )
    config = settings.HEFU
    origin = next(iter(config.trusted_origins), f"http://{config.host}:{config.port}")
    base = (address or origin).rstrip("/")
    if str(file) == "-":
        write(found, Form(chosen), base=base, title=config.node_name, viewer=actor, output=sys.stdout.buffer)
        return
    with file.open("wb") as output:
        write(found, Form(chosen), base=base, title=config.node_name, viewer=actor, output=output)
    click.echo(f"{file}: {found.count()}", err=True)


@click.command("fetch-ckan")
@click.argument("site")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--organization", default="", help="Only what this organization of the site holds, by its name there.")
@click.option("--words", default="", help="Only datasets with these words.")
@acting_option(writes=True)
def fetch_ckan(site: str, file: Path, organization: str, words: str, actor: Actor) -> None:
    """Read every dataset of the CKAN site at address SITE into FILE, for `hefu catalog import`."""
    import time

    from hefu.kernel.actor import system
    from hefu.protocols.ckan.client import document
    from hefu.rooms.catalog.access import require
    from hefu.rooms.catalog.importing.source import site_asked
    from hefu.rooms.resources.queries import address_policy

    require(actor, "catalog.import", actor.department_id)
    asked = site_asked(site, organization, words)
    file.write_bytes(document(asked, policy=address_policy(actor=system("ckan")), pause=time.sleep))
    click.echo(str(file), err=True)
