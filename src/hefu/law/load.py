"""Loads packs from folders of YAML and TOML, and says in one sentence what is wrong with a broken one.

<pack>/pack.toml            id, title, place, parent, release
<pack>/sources.yaml         the documents it cites
<pack>/parameters/*.yaml    one rule each: periods, choices, lists, amounts
<pack>/grounds/*.yaml       one rule each: what a refusal may rest on
<pack>/cases/*.yaml         worked cases; see `hefu.law.cases`
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib import resources
from importlib.metadata import EntryPoint, entry_points
from importlib.resources.abc import Traversable
from pathlib import Path

from hefu.kernel.hashing import digest, sha256
from hefu.kernel.identifiers import division_code
from hefu.law.deadline import PackRef
from hefu.law.errors import PackError
from hefu.law.model import Document, Pack, Parameter
from hefu.law.parameter import read_parameter
from hefu.law.places import significant
from hefu.law.reading import Reader, read_toml, read_yaml
from hefu.law.register import Register, register
from hefu.law.terms import Kind, Rank, Words

#: The two folders of a pack that hold rules, and the kinds that belong there.
RULE_FOLDERS = {
    "parameters": (Kind.PERIOD, Kind.CHOICE, Kind.LISTING, Kind.AMOUNT),
    "grounds": (Kind.GROUNDS,),
}


#: Group of entry points by which another installed distribution brings packs: the value names an importable package
#: whose folder holds them.
ENTRY_POINTS = "hefu.packs"


@cache
def shipped() -> tuple[Pack, ...]:
    """Return the packs of this node: those that come with the software, and those of other installed distributions.

    Raises:
        PackError: One of them is broken.
    """
    return load_packs(*folders())


def folders() -> tuple[Traversable, ...]:
    """Return where packs stand: the software's own folder first, then those of installed distributions by name.

    Raises:
        PackError: An entry point names no package.
    """
    own = resources.files("hefu.law") / "packs"
    brought = sorted(entry_points(group=ENTRY_POINTS), key=lambda point: (point.name, point.value))
    return (own, *(_brought(point) for point in brought))


def _brought(point: EntryPoint) -> Traversable:
    try:
        return resources.files(point.value)
    except (ImportError, TypeError, ValueError):
        by = point.dist.name if point.dist else ENTRY_POINTS
        raise PackError(
            file=by, key=point.name, found=point.value, expected="an importable package with pack folders"
        ) from None


def load_packs(*folders: Traversable | Path) -> tuple[Pack, ...]:
    """Return every pack in `folders`, in the order of their ids.

    Raises:
        PackError: A file is broken, an id or a place stands twice, or a parent is not there.
    """
    packs: dict[str, Pack] = {}
    places: dict[str, str] = {}
    for found in (one for folder in folders for one in sorted(folder.iterdir(), key=lambda item: item.name)):
        if not found.is_dir() or not (found / "pack.toml").is_file():
            continue
        pack = load_pack(found)
        file = f"{found.name}/pack.toml"
        if pack.ref.id in packs:
            raise PackError(file=file, key="id", found=pack.ref.id, expected="an id that no other pack has")
        if pack.place in places:
            expected = f"a place of its own; {places[pack.place]} has this one"
            raise PackError(file=file, key="place", found=pack.place, expected=expected)
        packs[pack.ref.id] = pack
        places[pack.place] = pack.ref.id
    check_parents(packs.values())
    return tuple(packs[key] for key in sorted(packs))


def check_parents(packs: Iterable[Pack]) -> None:
    """Refuse packs whose parent is missing or is not a place above.

    Raises:
        PackError: The first such pack.
    """
    known = {pack.ref.id: pack for pack in packs}
    for pack in known.values():
        if not pack.parent:
            continue
        above = known.get(pack.parent)
        if above is None or not (above.place == "00" or pack.place.startswith(above.place)):
            raise PackError(
                file=f"{pack.ref.id}/pack.toml",
                key="parent",
                found=pack.parent,
                expected="the id of a pack of the place above",
            )


def load_pack(folder: Traversable | Path, vocabulary: Register | None = None) -> Pack:
    """Return the pack in `folder`.

    Raises:
        PackError: A file is broken; the message names file, key, what was found and what was expected.
    """
    words = vocabulary or register()
    name = folder.name
    head = read_toml(_text(folder / "pack.toml", f"{name}/pack.toml"), f"{name}/pack.toml")
    sources_file = f"{name}/sources.yaml"
    documents = _documents(read_yaml(_text(folder / "sources.yaml", sources_file), sources_file))
    parameters: dict[str, Parameter] = {}
    hashes = {sub: sha256((folder / sub).read_bytes()) for sub in ("pack.toml", "sources.yaml")}
    for sub, kinds in RULE_FOLDERS.items():
        for file in _yaml_files(folder / sub):
            label = f"{name}/{sub}/{file.name}"
            text = _text(file, label)
            hashes[f"{sub}/{file.name}"] = sha256(text.encode())
            parameter = read_parameter(read_yaml(text, label), words, documents)
            _check_place(parameter, label, file.name, kinds)
            if parameter.rule in parameters:
                expected = f"one file per rule; {parameters[parameter.rule].file} has it too"
                raise PackError(file=label, key="rule", found=parameter.rule, expected=expected)
            parameters[parameter.rule] = parameter
    pack = _head(head, documents, parameters)
    return replace(pack, ref=replace(pack.ref, digest=digest(hashes)))


def _head(head: Reader, documents: dict[str, Document], parameters: dict[str, Parameter]) -> Pack:
    place = head.text("place", 'a division code such as "4401", or "00" for the whole country')
    if not division_code.is_valid(place) or significant(place) != place:
        raise head.fault("place", 'a division code without filling zeros such as "4401", or "00"')
    ref = PackRef(
        id=head.text("id"),
        release=head.text("release"),
        digest="",
        title=Words(zh=head.text("title_zh"), en=head.text("title_en")),
    )
    pack = Pack(ref, place, head.text_or("parent"), documents, parameters)
    head.done()
    return pack


def _check_place(parameter: Parameter, label: str, file_name: str, kinds: tuple[Kind, ...]) -> None:
    if file_name != f"{parameter.rule}.yaml":
        raise PackError(file=label, key="rule", found=parameter.rule, expected=f"the file's name, {file_name[:-5]}")
    if parameter.kind not in kinds:
        raise PackError(
            file=label,
            key="rule",
            found=parameter.rule,
            expected="a rule whose kind belongs in this folder: " + ", ".join(kinds),
        )


def _documents(reader: Reader) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for entry in reader.each("documents", least=1):
        document = Document(
            id=entry.text("id"),
            title=Words(zh=entry.text("title_zh"), en=entry.text("title_en")),
            number=entry.text_or("number"),
            rank=entry.member("rank", Rank),
            adopted=entry.day_or("adopted"),
            in_force_from=entry.day_or("from"),
            in_force_until=entry.day_or("until"),
            lost=entry.texts("lost"),
            lost_zh=entry.texts("lost_zh"),
            doubt=entry.words_or_none("doubt"),
        )
        if len(document.lost) != len(document.lost_zh):
            raise entry.fault("lost_zh", f"the {len(document.lost)} lost parts in Chinese")
        entry.done()
        if document.id in found:
            raise entry.fault("id", "an id that no other document has")
        starts, ends = document.in_force_from, document.in_force_until
        if starts and ends and ends < starts:
            raise entry.fault("until", f"a day not before {starts}")
        found[document.id] = document
    reader.done()
    return found


def _yaml_files(folder: Traversable | Path) -> list[Traversable]:
    if not folder.is_dir():
        return []
    return sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda f: f.name)


def _text(file: Traversable | Path, label: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise PackError(file=label, key="", found=None, expected="this file") from None
    except UnicodeDecodeError as error:
        raise PackError(file=label, key="", found=error.reason, expected="text in UTF-8") from None
