"""The words of one datum, one source: which items are alike, and which department is the source of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from hefu.kernel.words import _
from hefu.rooms.evidence.terms import Kind


class By(StrEnum):
    """By what two items are alike."""

    NAME = "name"
    CODE = "code"
    VALUES = "values"


BY_NAMES = {By.NAME: _("same name"), By.CODE: _("same code"), By.VALUES: _("same values")}


@dataclass(frozen=True)
class Match:
    """Two items of two entries that are alike; both by their place among the items."""

    first: int
    second: int
    by: tuple[By, ...]
    #: Whether both are of one data type; None where either has none.
    same_type: bool | None = None


@dataclass(frozen=True)
class Words:
    """What the authority says of a pair: the source department of each match."""

    #: The source of every match that `items` does not name; None for no source.
    all: UUID | None = None
    #: (item of the first entry, item of the second) → its source department; None when they are not one datum.
    items: Mapping[tuple[UUID, UUID], UUID | None] = field(default_factory=dict)

    def source(self, first: UUID, second: UUID) -> UUID | None:
        """Return the source department of one match."""
        return self.items.get((first, second), self.all)


class Said(StrEnum):
    """What departments are told."""

    NAMED = "named"
    DIFFERENT = "different"
    TAKEN_BACK = "taken_back"


SAID_WORDS = {
    Said.NAMED: _("{source} is the source of {count} items of “{entry}” and “{other}”."),
    Said.DIFFERENT: _("“{entry}” and “{other}” were found to hold different data."),
    Said.TAKEN_BACK: _("The finding on “{entry}” and “{other}” was taken back: {reason}"),
}

#: Items that any table has, folded: their name tells nobody's datum.
PLAIN_NAMES = frozenset(
    {"序号", "编号", "备注", "说明", "名称", "类型", "类别", "状态", "日期", "时间", "创建时间", "更新时间", "修改时间"}
    | {"创建人", "更新人", "操作人", "操作时间", "录入时间", "入库时间", "主键", "id", "标识", "排序", "地区", "区划"}
)
#: Codes that any table has.
PLAIN_CODES = frozenset(
    {"name", "code", "type", "status", "remark", "note", "date", "time", "create_time", "update_time", "created_at"}
    | {"updated_at", "number", "title", "value", "level", "state", "description", "sort", "uuid", "creator"}
)


SOURCE_NAMED = Kind(
    "source.named",
    2,
    ("entries", "source", "items", "reason", "score", "sources"),
    "The authority named the source department of a datum that several departments held. From version 2 with the "
    "source of each item: codes of both items and the credit code of the department.",
)
PAIR_REOPENED = Kind(
    "pair.reopened",
    1,
    ("entries", "was", "items", "reason"),
    "A finding on two like entries was taken back; `items` counts the namings that ended with it.",
)
