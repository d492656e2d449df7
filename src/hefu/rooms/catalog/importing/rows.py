"""From a foreign row to the content of an entry: normalised, with what could not be read said aloud."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from hefu.rooms.catalog import decide
from hefu.rooms.catalog.importing import values
from hefu.rooms.catalog.importing.notions import ITEM_FIELDS, Field
from hefu.rooms.catalog.importing.own import EXTENSIONS, in_one_cell, members, own_mapping
from hefu.rooms.catalog.importing.terms import Defaults, Reason
from hefu.rooms.catalog.profiles import Classes
from hefu.rooms.catalog.terms import (
    CHANNELS_OF,
    LONGEST_EXTRA,
    LONGEST_NAME,
    Channel,
    Content,
    Extra,
    FormatClass,
    ItemContent,
    OpenType,
    Secrecy,
    ShareMode,
    ShareType,
)


@dataclass(frozen=True)
class Group:
    """The rows of a file that describe one entry: one row, or one for each of its items."""

    #: Row number of the first, as the file counts.
    row: int
    #: The first row as it was.
    original: dict[str, Any]
    #: Field → cell of the first row.
    cells: dict[Field, Any]
    #: Field → cell for each item's row.
    items: tuple[dict[Field, Any], ...]
    #: The further rows as they were, one for each further item.
    rest: tuple[dict[str, Any], ...] = ()
    #: Whether this platform wrote the file: then every field has a place of its own and nothing is inferred.
    own: bool = False
    #: Whether it then tells each list in one cell.
    lists_in_cells: bool = False


@dataclass(frozen=True)
class Reading:
    """What a group of rows says."""

    group: Group
    provider: str
    provider_code: str
    content: Content
    #: Facts beside the law's: days, address, size as the other catalogue had them.
    more: dict[str, Any]
    #: Why it cannot be taken in; empty when it can.
    reasons: tuple[Reason, ...]
    #: Fields whose value nobody could read; left empty.
    notes: tuple[str, ...]
    #: Fields of the content that the file itself speaks of.
    told: frozenset[str]
    #: Likewise of its items.
    item_told: frozenset[str] = frozenset()
    #: The code in the file, and the one that the entry bore elsewhere before, where the file is one of ours.
    code: str = ""
    origin_code: str | None = None


#: Columns of the guide's template that say a class part by part.
_CLASS_PARTS = ("类", "项", "目", "细目")
#: By which the rows of one entry are known, where each of its items has a row.
_IDENTITY = (Field.NAME, Field.PROVIDER, Field.OUTSIDE_CODE)


def grouped(rows: Iterable[tuple[int, dict[str, Any]]], mapping: Mapping[str, Field]) -> list[Group]:
    """Gather rows into entries.

    Where items have columns of their own, a row with an item but without the entry's name, or with the
    same name, provider and code as the row above, goes on with the entry above (merged cells).
    """
    by_item = Field.ITEM_NAME in mapping.values()
    groups: list[tuple[int, dict[str, Any], dict[Field, Any], list[dict[Field, Any]], list[dict[str, Any]]]] = []
    before: tuple[str, ...] = ()
    for number, original in rows:
        cells = {field: original.get(column) for column, field in mapping.items()}
        item = {field: cells.pop(field) for field in ITEM_FIELDS if field in cells}
        identity = tuple(values.key(cells.get(field)) for field in _IDENTITY) if by_item else ("",)
        goes_on = by_item and groups and values.line(item.get(Field.ITEM_NAME)) and identity[0] in ("", before[0])
        if goes_on and (not identity[0] or identity == before):
            groups[-1][3].append(item)
            groups[-1][4].append(original)
            continue
        groups.append((number, original, cells, [item] if values.line(item.get(Field.ITEM_NAME)) else [], []))
        before = identity
    own = own_mapping(mapping) is not None
    listed = own and in_one_cell(mapping)
    return [
        Group(number, first, cells, tuple(items), tuple(rest), own, listed)
        for number, first, cells, items, rest in groups
    ]


def read(
    group: Group,
    defaults: Defaults,
    extensions: Mapping[str, str] = MappingProxyType({}),
    classes: Classes = Classes(),  # noqa: B008 - frozen
) -> Reading:
    """Return what `group` says as content, with `defaults` where the file is silent.

    Args:
        group: The rows of one entry.
        defaults: What a person stated for the whole file.
        extensions: Head → key of the fields that the node's profile adds to the law's.
        classes: Names of the classes in the node's profile.
    """
    return _Reader(group, defaults, extensions, classes).reading()


class _Reader:
    """Reads one group; collects reasons and notes on the way."""

    def __init__(self, group: Group, defaults: Defaults, extensions: Mapping[str, str], classes: Classes) -> None:
        self.group = group
        self.classes = classes
        self.extensions = extensions
        self.own = group.own
        self.cells = group.cells
        self.lines = {field: values.line(cell) for field, cell in group.cells.items()}
        self.defaults = defaults
        self.reasons: list[Reason] = []
        self.notes: list[str] = []

    def reading(self) -> Reading:
        content = self._content()
        told = {field.value for field, text in self.lines.items() if text}
        code = self.lines.get(Field.OUTSIDE_CODE, "")
        return Reading(
            self.group,
            values.line(self.cells.get(Field.PROVIDER)),
            values.key(self.cells.get(Field.PROVIDER_CODE)).upper(),
            content,
            self._more(),
            (*self.reasons, *_unlawful(content)),
            tuple(self.notes),
            frozenset(
                told | {name for name in ("items", "extension") if getattr(content, name)} | self._also_told(told)
            ),
            self._told_of_items(),
            code[:120],
            self._origin(),
        )

    def _origin(self) -> str | None:
        return self._line(Field.ORIGIN_CODE, 120) if self.own else None

    def _also_told(self, told: set[str]) -> set[str]:
        """Return the fields of the content that other columns' fields speak of."""
        also = set()
        if "format" in told:
            also.add("format_types")
            # What follows from the types, where no column of its own could say otherwise.
            also |= {"format_class"} if Field.FORMAT_CLASS not in self.cells else set()
            also |= {"channels"} if Field.CHANNELS not in self.cells else set()
        if {"share_type", "share_condition"} & told:
            also |= {"share_type", "share_condition", "share_scope", "basis_title", "noshare_reason"}
        return also

    def _told_of_items(self) -> frozenset[str]:
        listed = self.cells.get(Field.ITEMS)
        if not self.group.items and isinstance(listed, list):
            return frozenset(name for one in listed if isinstance(one, dict) for name, cell in one.items() if cell)
        return frozenset(
            field.value.removeprefix("item_")
            for cells in self.group.items
            for field, cell in cells.items()
            if values.line(cell)
        )

    def _content(self) -> Content:
        """Return what the cells say; conditions first, because they hang on the sharing type."""
        name = self._line(Field.NAME)
        if not name:
            self.reasons.append(Reason("no_name"))
        elif len(name) > LONGEST_NAME:
            self.reasons.append(Reason("name_too_long", {"length": len(name)}))
        types = values.formats(self._list(Field.FORMAT))
        format_class = self._read(Field.FORMAT_CLASS, values.format_class)
        if format_class is None and not self.own:
            format_class = values.class_of(types)
        share_type = self._needed(Field.SHARE_TYPE, values.share_type) or self.defaults.share_type
        basis_title = self._line(Field.BASIS_TITLE, 200)
        return Content(
            name=name[:LONGEST_NAME],
            abstract=values.block(self.cells.get(Field.ABSTRACT)),
            class_code=self._class_code(),
            internal_office=self._line(Field.INTERNAL_OFFICE, 120),
            format_class=format_class,
            format_types=types[:20],
            format_other=self._line(Field.FORMAT_OTHER, 200),
            share_type=share_type,
            basis_kind=self._read(Field.BASIS_KIND, values.basis_kind),
            basis_article=self._line(Field.BASIS_ARTICLE, 60),
            share_mode=self._read(Field.SHARE_MODE, values.share_mode) or ShareMode.PLATFORM,
            channels=self._channels(types, format_class),
            open_type=self._open_type(),
            open_condition=values.block(self.cells.get(Field.OPEN_CONDITION)),
            update_cycle=self._read(Field.UPDATE_CYCLE, values.update_cycle),
            grade=self._read(Field.GRADE, values.grade) or self.defaults.grade,
            use_condition=values.block(self.cells.get(Field.USE_CONDITION)),
            secrecy=self._secrecy(),
            secrecy_note=values.block(self.cells.get(Field.SECRECY_NOTE)),
            personal_info=values.personal_info(self.cells.get(Field.PERSONAL_INFO)),
            impact_note=values.block(self.cells.get(Field.IMPACT_NOTE)),
            assessed_on=self._read(Field.ASSESSED_ON, values.day),
            system_name=self._line(Field.SYSTEM_NAME, 200),
            business_item=self._line(Field.BUSINESS_ITEM, 200),
            theme=self._line(Field.THEME, 60),
            tags=tuple(tag[:60] for tag in values.parts(self._list(Field.TAGS)))[:30],
            phone=self._line(Field.PHONE, 60),
            outside_code=self._line(Field.OUTSIDE_CODE, 120) or self._line(Field.ORIGIN_CODE, 120),
            related_codes=tuple(code[:120] for code in values.codes(self._list(Field.RELATED_CODES))),
            extension=self._extension(),
            items=self._items(),
            **self._conditions(share_type, basis_title),
        )

    def _class_code(self) -> str:
        """Return the class by its code or its name; of the template's own columns where the code has none.

        A name that the profile does not know is noted: the row stands in the class that a person stated for all.
        """
        cell = values.line(self.cells.get(Field.CLASS_CODE))
        parts = [values.line(self.group.original.get(column)) for column in _CLASS_PARTS] if not self.own else []
        text = cell or "/".join(part for part in parts if part)
        if not text:
            return self.defaults.class_code
        found = self.classes.read(text)
        if found:
            return found
        if cell and cell[:1].isdigit():
            return values.key(cell)  # a code of another form, which the room then refuses by name
        self.notes.append(Field.CLASS_CODE.value)
        return self.defaults.class_code

    def _conditions(self, share_type: ShareType | None, basis_title: str) -> dict[str, Any]:
        told = values.block(self.cells.get(Field.SHARE_CONDITION))
        reason = values.block(self.cells.get(Field.NOSHARE_REASON))
        made = {"basis_title": basis_title, "noshare_reason": reason}
        if self.own:
            return made | {"share_condition": told, "share_scope": values.block(self.cells.get(Field.SHARE_SCOPE))}
        if share_type is ShareType.CONDITIONAL:
            scope = values.block(self.cells.get(Field.SHARE_SCOPE)) or self.defaults.share_scope
            return made | {"share_condition": told or self.defaults.share_condition, "share_scope": scope}
        if share_type is ShareType.NONE:
            # Templates have one column for the condition and for the basis of not sharing.
            return {"basis_title": basis_title or told[:200], "noshare_reason": reason or told}
        return made | {"share_condition": told}

    def _open_type(self) -> OpenType | None:
        found: OpenType | None = self._needed(Field.OPEN_TYPE, values.open_type)
        if found is OpenType.UNCONDITIONAL and values.line(self.cells.get(Field.OPEN_CONDITION)):
            return OpenType.CONDITIONAL  # "open: yes" beside a condition
        return found

    def _secrecy(self) -> Secrecy | None:
        found: Secrecy | None = self._needed(Field.SECRECY, values.secrecy)
        return found or self.defaults.secrecy

    def _channels(self, types: tuple[str, ...], kind: FormatClass | None) -> tuple[Channel, ...]:
        stated = values.channels(self.cells.get(Field.CHANNELS))
        if stated or self.own:
            return stated
        if kind is not None:
            able = CHANNELS_OF[kind]
            usual = Channel.TABLE if kind is FormatClass.DATABASE else Channel.FILE
            return (usual,) if usual in able else tuple(sorted(able))
        return self.defaults.channels or ((Channel.FILE,) if "file" in types else ())

    def _items(self) -> tuple[ItemContent, ...]:
        listed = self.cells.get(Field.ITEMS)
        if self.group.items:
            told: Sequence[dict[Field, Any]] = self.group.items
        elif isinstance(listed, list) and listed and all(isinstance(one, dict) for one in listed):
            told = [_item_cells(one) for one in listed]
        else:
            told = [{Field.ITEM_NAME: name} for name in values.parts(listed)]
        made = [self._item(cells) for cells in told if values.line(cells.get(Field.ITEM_NAME))]
        return _told_apart(made)

    def _item(self, cells: Mapping[Field, Any]) -> ItemContent:
        kind = values.item_type(cells.get(Field.ITEM_TYPE))
        if kind is None and values.line(cells.get(Field.ITEM_TYPE)):
            self.notes.append("item_type")
        length = values.line(cells.get(Field.ITEM_LENGTH)).partition(",")[0].partition(".")[0]
        return ItemContent(
            name=values.line(cells.get(Field.ITEM_NAME))[:LONGEST_NAME],
            code=values.line(cells.get(Field.ITEM_CODE))[:63],
            type=kind,
            length=int(length) if length.isdecimal() and 0 < int(length) < 2**31 else None,
            description=values.block(cells.get(Field.ITEM_DESCRIPTION)),
            share_type=self._of_item(cells, Field.ITEM_SHARE_TYPE, values.share_type),
            grade=self._of_item(cells, Field.ITEM_GRADE, values.grade),
            open_type=self._of_item(cells, Field.ITEM_OPEN_TYPE, values.open_type),
        )

    def _of_item(self, cells: Mapping[Field, Any], field: Field, reader: Any) -> Any:
        """Return what an item says otherwise than its entry; what cannot be read is a reason, as for the entry."""
        text = values.line(cells.get(field))
        found = reader(text) if text else None
        if text and found is None:
            self.reasons.append(Reason("value_unknown", {"field": field.value, "value": text[:100]}))
        return found

    def _extension(self) -> tuple[Extra, ...]:
        """Return the profile's own fields: by their heads, or by their keys as JSON and graphs name them."""
        found = {
            key: text
            for column, key in self.extensions.items()
            if column in self.group.original and (text := values.line(self.group.original[column]))
        }
        for column, cell in self.group.original.items() if self.own else ():
            if column.startswith(EXTENSIONS) and (text := values.line(cell)):
                found.setdefault(column[len(EXTENSIONS[0]) :], text)
        return tuple(Extra(key, text[:LONGEST_EXTRA]) for key, text in found.items())

    def _list(self, field: Field) -> Any:
        """Return the cell of a list; our own files separate by one sign alone, others by whatever looks like it."""
        cell = self.cells.get(field)
        if not self.own or isinstance(cell, list | tuple):
            return cell
        text = values.block(cell)
        return members(text) if self.group.lists_in_cells else [text]

    def _more(self) -> dict[str, Any]:
        days = {
            field.value: found.isoformat()
            for field in (Field.PUBLISHED_ON, Field.UPDATED_ON)
            if (found := self._read(field, values.day))
        }
        texts = {
            field.value: found
            for field in (Field.INDUSTRY, Field.EMAIL, Field.DETAIL_URL)
            if (found := self.lines.get(field))
        }
        rows = self._read(Field.ROW_COUNT, values.number)
        return days | texts | ({} if rows is None else {Field.ROW_COUNT.value: rows})

    def _line(self, field: Field, longest: int = 10_000) -> str:
        text = self.lines.get(field, "")
        if len(text) > longest:
            self.notes.append(field.value)
        return text[:longest]

    def _read(self, field: Field, reader: Any) -> Any:
        """Return the cell's value; one that cannot be read is noted and left empty."""
        if not self.lines.get(field):
            return None
        found = reader(self.cells[field])
        if found is None:
            self.notes.append(field.value)
        return found

    def _needed(self, field: Field, reader: Any) -> Any:
        """Return the cell's value; one that cannot be read is a reason, because guessing it could break the law."""
        if not self.lines.get(field):
            return None
        found = reader(self.cells[field])
        if found is None:
            self.reasons.append(Reason("value_unknown", {"field": field.value, "value": self.lines[field][:100]}))
        return found


def _unlawful(content: Content) -> list[Reason]:
    found = []
    if content.secrecy not in (None, Secrecy.NONE):
        found.append(Reason("secret"))
    grounded = content.basis_title and content.noshare_reason and content.basis_kind
    if content.share_type is ShareType.NONE and not grounded:
        found.append(Reason("basis_missing"))
    problems = decide.faults(content)
    found += [Reason("fault", {"field": field}) for field in sorted(problems) if field != "name"]
    return found


_ITEM_WORDS = {
    Field.ITEM_NAME: ("name", "名称", "item_name", "信息项名称", "字段名称", "中文名", "title"),
    Field.ITEM_CODE: ("code", "代码", "item_code", "英文名", "字段名", "field"),
    Field.ITEM_TYPE: ("type", "类型", "item_type", "数据类型", "字段类型"),
    Field.ITEM_LENGTH: ("length", "长度", "item_length", "数据长度"),
    Field.ITEM_DESCRIPTION: ("description", "描述", "说明", "item_description"),
    Field.ITEM_SHARE_TYPE: ("share_type", "共享类型", "item_share_type"),
    Field.ITEM_GRADE: ("grade", "数据分级", "item_grade"),
    Field.ITEM_OPEN_TYPE: ("open_type", "是否向社会开放", "item_open_type"),
}


def _item_cells(item: Mapping[str, Any]) -> dict[Field, Any]:
    return {field: next((item[word] for word in words if word in item), None) for field, words in _ITEM_WORDS.items()}


def _told_apart(items: list[ItemContent]) -> tuple[ItemContent, ...]:
    """Drop items that say again what an earlier one said, and number those that only share its name or code."""
    made: list[ItemContent] = []
    names: dict[str, int] = {}
    codes: set[str] = set()
    for item in items:
        if item in made:
            continue
        known = names[item.name] = names.get(item.name, 0) + 1
        name = item.name if known == 1 else f"{item.name} ({known})"
        code = item.code if item.code.casefold() not in codes else ""
        codes.add(code.casefold())
        made.append(dataclasses.replace(item, name=name, code=code))
    return tuple(made)
