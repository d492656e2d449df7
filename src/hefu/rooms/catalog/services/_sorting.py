"""What becomes of each entry of a foreign catalogue: new, changed, unchanged, said twice, or refused."""

import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any
from uuid import UUID

from hefu.kernel.actor import Actor
from hefu.kernel.hashing import sha256
from hefu.rooms.catalog import decide
from hefu.rooms.catalog.access import may
from hefu.rooms.catalog.importing.notions import Field
from hefu.rooms.catalog.importing.rows import Group, Reading, read
from hefu.rooms.catalog.importing.terms import Defaults, Reason, Settled
from hefu.rooms.catalog.models import BadRow, Entry
from hefu.rooms.catalog.rows import content_of, node_profile
from hefu.rooms.catalog.services._law import keeping_back
from hefu.rooms.catalog.services._overlaying import overlaid
from hefu.rooms.catalog.services.providers import Provider, Providers
from hefu.rooms.catalog.snapshots import to_json
from hefu.rooms.catalog.terms import WRITABLE, Content, KeepingBack, Status

#: After so many entries the caller is told how far it is.
_TELL_EVERY = 1000


@dataclass(frozen=True)
class Row:
    """An entry of the file that goes in."""

    reading: Reading
    provider: Provider
    #: By which a later import knows it again, and the digest of what it says now.
    key: str
    digest: str
    #: The entry that it is, where the catalogue has it.
    entry_id: UUID | None = None


@dataclass
class Sorted:
    """A whole file, sorted."""

    taken: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    unchanged: int = 0
    #: Rows that say again what an earlier row said.
    repeated: int = 0
    bad: list[tuple[Group, tuple[Reason, ...]]] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    #: Import keys of everything that the file names, and the entries that it names.
    keys: set[str] = field(default_factory=set)
    ids: set[UUID] = field(default_factory=set)


@dataclass(frozen=True)
class Present:
    """An entry of the catalogue that a row is."""

    id: UUID
    code: str
    status: str
    #: What the last import said of it.
    digest: str
    #: The key by which imports know it: what an earlier one gave it stays, so that its own file finds it again.
    key: str

    def says(self, row: Row) -> bool:
        """Return whether it said the very same already."""
        return self.digest == row.digest


class Sorter:
    """Sorts entries of one file, against the catalogue as it stands."""

    def __init__(self, *, actor: Actor, today: date, publish: bool, defaults: Defaults, providers: Providers) -> None:
        self._actor, self._today, self._publish = actor, today, publish
        self._defaults, self._providers = defaults, providers
        #: Place → on what its law lets data be kept back.
        self._law: dict[str, KeepingBack | None] = {}
        self._own: dict[UUID, bool] = {}
        self._extensions = {one.name: one.key for one in node_profile().extensions}
        self._classes = node_profile().classes

    def sort(self, groups: Iterable[Group], tell: Callable[[int], None] = lambda done: None) -> Sorted:
        """Return what becomes of each group.

        Args:
            groups: Entries of the file.
            tell: Is told now and then how many were sorted.
        """
        made = Sorted()
        mended = frozenset(
            BadRow.objects.filter(settled=Settled.TAKEN.value).exclude(digest="").values_list("digest", flat=True)
        )
        seen: dict[str, tuple[str, int]] = {}
        done, waiting = 0, iter(groups)
        while some := list(islice(waiting, _TELL_EVERY)):
            looked = [(group, self.look(group)) for group in some]
            known = present([found for _group, found in looked if isinstance(found, Row)])
            for group, found in looked:
                self._one(group, found, made, known, mended, seen)
            done += len(some)
            tell(done)
        made.keys = set(seen)
        return made

    def _one(
        self,
        group: Group,
        found: Row | tuple[Reason, ...],
        made: Sorted,
        known: Mapping[str, Present],
        mended: frozenset[str],
        seen: dict[str, tuple[str, int]],
    ) -> None:
        if not isinstance(found, Row):
            if mended and digest_of(group) in mended:
                made.unchanged += 1  # somebody put this very row right before
            else:
                made.bad.append((group, found))
            return
        earlier, there = seen.get(found.key), known.get(found.key)
        if earlier:
            if earlier[0] == found.digest:
                made.repeated += 1
            else:
                made.bad.append((group, (Reason("same_key", {"row": earlier[1]}),)))
            return
        seen[found.key] = (found.digest, group.row)
        if there is not None:
            made.ids.add(there.id)
        if there is None:
            made.taken.append(found)
        elif there.says(found) and not (self._publish and there.status in WRITABLE):
            made.unchanged += 1
            return
        elif there.status in (Status.IN_REVIEW, Status.WITHDRAWN):
            made.bad.append((group, (Reason(there.status, {"code": there.code}),)))
            return
        else:
            made.changed.append(dataclasses.replace(found, entry_id=there.id, key=there.key))
        made.notes.update(found.reading.notes)

    def look(self, group: Group) -> Row | tuple[Reason, ...]:
        """Return the entry that a group says, or why it cannot go in."""
        reading = read(group, self._defaults, self._extensions, self._classes)
        provider = self._providers.find(reading.provider, reading.provider_code)
        reasons = [*reading.reasons, *self._sharing(reading), *self._owner(provider)]
        if not isinstance(provider, Reason) and not reasons:
            reasons += self._basis(reading.content, provider)
        if isinstance(provider, Reason) or reasons:
            return tuple(reasons)
        return Row(reading, provider, _key(reading, provider), _digest(reading))

    def _sharing(self, reading: Reading) -> list[Reason]:
        missing = self._publish and reading.content.share_type is None and not reading.reasons
        return [Reason("share_type_missing")] if missing else []

    def _basis(self, content: Content, provider: Provider) -> list[Reason]:
        if not decide.keeps_back(content):
            return []
        if provider.place not in self._law:
            self._law[provider.place] = keeping_back(content, place=provider.place, on=self._today)
        law = self._law[provider.place]
        if law is None or content.basis_kind in law.bases:
            return []
        return [Reason("basis_not_enough", {"basis": content.basis_title, "source": str(law.source)})]

    def _owner(self, provider: Provider | Reason) -> list[Reason]:
        if isinstance(provider, Reason):
            return [provider]
        if provider.id not in self._own:
            self._own[provider.id] = may(self._actor, "catalog.import", provider.id)
        if self._own[provider.id]:
            return []
        return [Reason("not_yours", {"provider": provider.name})]


def present(rows: Sequence[Row]) -> dict[str, Present]:
    """Return import key → entry, of those rows that the catalogue has.

    An entry is known by the key that an earlier import gave it. One that was never imported is known by its own
    code within its provider: so our own exports come back to where they left, under a new name too. In a file that
    another wrote, the name must be the same as well: its codes are of another making.
    """
    there = Entry.objects.filter(changes_to__isnull=True).order_by()
    fields = ("import_key", "pk", "code", "status", "import_digest", "name")
    found, names = {}, {}
    for key, pk, code, status, said, name in there.filter(import_key__in={row.key for row in rows}).values_list(
        *fields
    ):
        found[key], names[key] = Present(pk, code, status, said, key), name
    coded: dict[tuple[UUID, str], list[Row]] = {}
    for row in rows:
        if row.reading.code and (row.key not in found or row.reading.origin_code is not None):
            coded.setdefault((row.provider.id, row.reading.code), []).append(row)
    wanted = {code for _provider, code in coded}
    for entry in there.filter(code__in=wanted).prefetch_related("items") if wanted else ():
        for row in coded.get((entry.provider_id, entry.code), ()):
            keyed = found.get(row.key)
            by_key = keyed is not None and (keyed.id == entry.pk or _named(names[row.key], row.reading))
            if not by_key and _is_it(entry, row.reading):
                # The row's own key where nobody has it; else the entry is found by its code next time as well.
                key = entry.import_key or ("" if keyed else row.key)
                found[row.key] = Present(entry.pk, entry.code, entry.status, "", key)
    otherwise = {found[row.key].id: row for row in rows if row.key in found and found[row.key].digest != row.digest}
    for entry in there.filter(pk__in=otherwise).prefetch_related("items") if otherwise else ():
        row = otherwise[entry.pk]
        content = content_of(entry)
        if overlaid(content, row.reading, coded=entry.code) == content and adds_nothing(entry, row):
            # Another file, or another release of ours, that says the same in its own way.
            found[row.key] = dataclasses.replace(found[row.key], digest=row.digest)
    return found


def _named(name: str, reading: Reading) -> bool:
    return decide.folded(name) == decide.folded(reading.content.name)


#: Texts by which two entries of one code are told apart; values of lists agree too often by chance.
_TELLING = ("abstract", "internal_office", "system_name", "business_item", "theme", "tags", "phone")


def _is_it(entry: Entry, reading: Reading) -> bool:
    """Return whether a row with an entry's code and provider is that entry.

    Under another name only where the file is one of ours; and not where everything else that both say differs as
    well, because another node gives the same codes to its own entries.
    """
    if _named(entry.name, reading):
        return True
    if reading.origin_code is None:
        return False
    content = content_of(entry)
    both = [(getattr(content, name), getattr(reading.content, name)) for name in _TELLING]
    alike = [was == now for was, now in both if was and now]
    if content.items and reading.content.items:
        alike.append(bool({one.name for one in content.items} & {one.name for one in reading.content.items}))
    return any(alike) or len(alike) < 2


def adds_nothing(entry: Entry, row: Row) -> bool:
    """Return whether the entry has all facts beside the law's that a row brings; our own files bring none."""
    return row.reading.origin_code is not None or {**(entry.more or {}), **row.reading.more} == (entry.more or {})


def _key(reading: Reading, provider: Provider) -> str:
    content = reading.content
    mark = content.outside_code or reading.more.get(Field.DETAIL_URL.value) or decide.folded(content.name)
    return sha256(f"{provider.id}\n{mark}".encode())


def _digest(reading: Reading) -> str:
    told = [to_json(reading.content), reading.more]
    return sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass"))


_PLAIN = (type(None), int, bool)


def as_json(cells: dict[str, Any]) -> dict[str, Any]:
    """Return a row as JSON that PostgreSQL keeps: days as text, no NUL."""
    if all("\x00" not in cell if type(cell) is str else type(cell) in _PLAIN for cell in cells.values()):
        return cells  # as nearly all rows are
    text = json.dumps(cells, ensure_ascii=False, default=str)
    made: dict[str, Any] = json.loads(text.replace("\\u0000", "") if "\\u0000" in text else text)
    return made


def digest_of(group: Group) -> str:
    """Return by what the same row of a later file is known again: all its cells, wherever it stands."""
    told = [as_json(group.original), *map(as_json, group.rest)]
    return sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass"))
