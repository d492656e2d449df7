"""What becomes of each entry of a foreign catalogue: new, changed, unchanged, said twice, or refused."""

import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
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
from hefu.rooms.catalog.services._law import keeping_back
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
    #: Import keys of everything that the file names.
    keys: set[str] = field(default_factory=set)


class Sorter:
    """Sorts entries of one file, against the catalogue as it stands."""

    def __init__(self, *, actor: Actor, today: date, publish: bool, defaults: Defaults, providers: Providers) -> None:
        self._actor, self._today, self._publish = actor, today, publish
        self._defaults, self._providers = defaults, providers
        #: Place → on what its law lets data be kept back.
        self._law: dict[str, KeepingBack | None] = {}
        self._own: dict[UUID, bool] = {}

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
            known = _known({found.key for _group, found in looked if isinstance(found, Row)})
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
        known: Mapping[str, tuple[str, str, str]],
        mended: frozenset[str],
        seen: dict[str, tuple[str, int]],
    ) -> None:
        if not isinstance(found, Row):
            if mended and digest_of(group) in mended:
                made.unchanged += 1  # somebody put this very row right before
            else:
                made.bad.append((group, found))
            return
        earlier, present = seen.get(found.key), known.get(found.key)
        if earlier:
            if earlier[0] == found.digest:
                made.repeated += 1
            else:
                made.bad.append((group, (Reason("same_key", {"row": earlier[1]}),)))
            return
        seen[found.key] = (found.digest, group.row)
        if present is None:
            made.taken.append(found)
        elif present[2] == found.digest and not (self._publish and present[1] in WRITABLE):
            made.unchanged += 1
            return
        elif present[1] in (Status.IN_REVIEW, Status.WITHDRAWN):
            made.bad.append((group, (Reason(present[1], {"code": present[0]}),)))
            return
        else:
            made.changed.append(found)
        made.notes.update(found.reading.notes)

    def look(self, group: Group) -> Row | tuple[Reason, ...]:
        """Return the entry that a group says, or why it cannot go in."""
        reading = read(group, self._defaults)
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


def _known(keys: set[str]) -> dict[str, tuple[str, str, str]]:
    """Return import key → code, status and what the last import said, of those that the catalogue has."""
    rows = Entry.objects.filter(changes_to__isnull=True, import_key__in=keys)
    found = rows.order_by().values_list("import_key", "code", "status", "import_digest")
    return {key: (code, status, said) for key, code, status, said in found}


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


def overlaid(content: Content, reading: Reading) -> Content:
    """Return `content` with what the file speaks of written over it."""
    names = {one.name for one in dataclasses.fields(Content)} & reading.told
    told: dict[str, Any] = {name: getattr(reading.content, name) for name in names}
    return dataclasses.replace(content, **told)
