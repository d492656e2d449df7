"""From entries of the catalogue to datasets of DCAT-AP."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import IO, TYPE_CHECKING
from urllib.parse import quote

from hefu.kernel.actor import Actor
from hefu.kernel.refusal import NotFound
from hefu.protocols.dcat import wire
from hefu.rooms.catalog.exporting import Exported, exported
from hefu.rooms.catalog.exporting.plain import NOT_SHARED, as_record
from hefu.rooms.catalog.profiles import Table, profile
from hefu.rooms.catalog.terms import ItemContent, ShareType
from hefu.rooms.parties import queries as parties
from hefu.rooms.upkeep import queries as upkeep

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from hefu.rooms.catalog.models import Entry

#: Fields of the content that DCAT's own words tell already.
_TOLD = frozenset({"name", "abstract", "tags", "theme", "phone", "items", "more", "extension", "code", "published_on"})
#: Of the rest, what the public reads; how departments share among themselves stays inside.
_FOR_ALL = frozenset({"class_code", "format_class", "open_type", "open_condition", "update_cycle", "use_condition"})
#: Facts of the record that stand around the content.
_AROUND = frozenset({"provider", "provider_code", "status", "version"})


def export(
    found: "QuerySet[Entry]",
    *,
    syntax: wire.Syntax,
    base: str,
    title: str,
    viewer: Actor,
    output: IO[bytes],
) -> None:
    """Write a list of entries as a DCAT-AP catalogue; memory does not grow with the list.

    Args:
        found: What a scoped read of the catalogue returned.
        syntax: How the graph is written.
        base: Address of the node, without a stroke at the end; addresses in the graph begin with it.
        title: Of the catalogue.
        viewer: Who exports.
        output: Where the text goes.
    """
    told = exported(found, sources_of=upkeep.sources_of)
    wire.write(catalogue(base=base, title=title, viewer=viewer), datasets(told, base=base), syntax, output)


def catalogue(
    *, base: str, title: str, viewer: Actor, total: int | None = None, page: wire.Page | None = None
) -> wire.Catalogue:
    """Return the facts of the catalogue; its publisher is the node's data authority, else the node itself."""
    try:
        authority = parties.authority(viewer=viewer)
        publisher = agent(base, authority.credit_code, authority.name)
    except NotFound:
        publisher = wire.Agent(f"{base}/", title)
    return wire.Catalogue(
        iri=f"{base}/catalog.ttl#catalog",
        title=title,
        description=f"{title}：{publisher.name}编制的政务数据目录",
        publisher=publisher,
        homepage=f"{base}/",
        total=total,
        page=page,
    )


def agent(base: str, credit_code: str, name: str) -> wire.Agent:
    """Return a department as a publisher."""
    return wire.Agent(f"{base}/dcat/departments/{quote(credit_code, safe='')}", name, credit_code)


def datasets(entries: Iterable[Exported], *, base: str, for_all: bool = False) -> Iterator[wire.Dataset]:
    """Yield entries as datasets.

    Args:
        entries: What is told.
        base: Address of the node.
        for_all: Leave out what only departments read.
    """
    table = profile("dcat-ap-3").tables
    for entry in entries:
        yield dataset(entry, base=base, cycles=table["update_cycle"], rights=table["open_type"], for_all=for_all)


def dataset(entry: Exported, *, base: str, cycles: Table, rights: Table, for_all: bool) -> wire.Dataset:
    """Return one entry as a dataset."""
    content, more = entry.content, entry.more
    return wire.Dataset(
        iri=f"{base}/dcat/datasets/{entry.id}",
        code=entry.code,
        title=content.name,
        description=content.abstract,
        publisher=agent(base, entry.provider_code, entry.provider),
        page=f"{base}/catalog/{entry.id}/",
        version=entry.version,
        landing_page=str(more.get("detail_url") or ""),
        issued=_day(more.get("published_on")) or entry.published_at,
        modified=_day(more.get("updated_on")) or entry.changed_at,
        frequency=cycles.write(content.update_cycle) if content.update_cycle else "",
        access=rights.write(content.open_type) if content.open_type else "",
        theme=content.theme,
        keywords=content.tags,
        phone=content.phone,
        email=str(more.get("email") or ""),
        formats=content.format_types or ((content.format_other,) if content.format_other else ()),
        law=tuple(_law(entry, for_all=for_all)),
        items=tuple(
            wire.Item(item.name, tuple(_item(item, entry.source_of(item), for_all=for_all))) for item in content.items
        ),
    )


def _law(entry: Exported, *, for_all: bool) -> Iterator[tuple[str, str]]:
    record = as_record(entry)
    for name, value in record.items():
        if name in _TOLD or name in _AROUND or (for_all and name not in _FOR_ALL) or value in ("", None, []):
            continue
        for one in value if isinstance(value, list) else [value]:
            yield name, str(one)
    if not for_all:
        # DCAT's own words lose something of these: a number's extension, and that there is no abstract.
        yield from ((name, text) for name in ("phone", "abstract") if (text := getattr(entry.content, name)))
        yield from ((f"extension_{one.key}", one.value) for one in entry.content.extension)


def _item(item: ItemContent, source: str, *, for_all: bool) -> Iterator[tuple[str, str]]:
    told = {
        "item_code": item.code,
        "item_type": item.type.value if item.type else "",
        "item_length": str(item.length or ""),
        "item_description": item.description,
    }
    inside = {
        "item_share_type": _share_type(item),
        "item_grade": item.grade.value if item.grade else "",
        "item_open_type": item.open_type.value if item.open_type else "",
        "item_source_department": source,
    }
    yield from ((name, text) for name, text in (told if for_all else told | inside).items() if text)


def _share_type(item: ItemContent) -> str:
    if item.share_type is ShareType.NONE:
        return NOT_SHARED
    return item.share_type.value if item.share_type else ""


def _day(text: object) -> date | None:
    if isinstance(text, str):
        try:
            return datetime.fromisoformat(text).date()
        except ValueError:
            return None
    return None
