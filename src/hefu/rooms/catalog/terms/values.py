"""What else an entry says in words of a list: cycle, grade, format, types, findings of its assessments."""

from enum import StrEnum

from hefu.kernel.words import _
from hefu.rooms.catalog.terms.sharing import Channel


class UpdateCycle(StrEnum):
    """更新周期."""

    REALTIME = "realtime"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half_yearly"
    YEARLY = "yearly"
    TWO_YEARLY = "two_yearly"
    IRREGULAR = "irregular"
    #: Closed stock that no longer changes.
    NEVER = "never"


UPDATE_CYCLE_NAMES = {
    UpdateCycle.REALTIME: _("in real time"),
    UpdateCycle.DAILY: _("daily"),
    UpdateCycle.WEEKLY: _("weekly"),
    UpdateCycle.MONTHLY: _("monthly"),
    UpdateCycle.QUARTERLY: _("quarterly"),
    UpdateCycle.HALF_YEARLY: _("twice a year"),
    UpdateCycle.YEARLY: _("yearly"),
    UpdateCycle.TWO_YEARLY: _("every two years"),
    UpdateCycle.IRREGULAR: _("irregularly"),
    UpdateCycle.NEVER: _("no longer updated"),
}


class Grade(StrEnum):
    """数据分级 (GB/T 43697-2024)."""

    CORE = "core"
    IMPORTANT = "important"
    GENERAL = "general"


GRADE_NAMES = {Grade.CORE: _("core data"), Grade.IMPORTANT: _("important data"), Grade.GENERAL: _("general data")}


class FormatClass(StrEnum):
    """信息资源格式分类, with the code of the guide."""

    DOCUMENT = "1"
    SPREADSHEET = "2"
    DATABASE = "3"
    IMAGE = "4"
    MEDIA = "5"
    SELF_DESCRIBING = "6"
    SERVICE = "7"


FORMAT_CLASS_NAMES = {
    FormatClass.DOCUMENT: _("electronic document"),
    FormatClass.SPREADSHEET: _("spreadsheet"),
    FormatClass.DATABASE: _("database"),
    FormatClass.IMAGE: _("image"),
    FormatClass.MEDIA: _("streaming media"),
    FormatClass.SELF_DESCRIBING: _("self-describing format"),
    FormatClass.SERVICE: _("service interface"),
}
#: Which channels a resource of a class can travel by: a file cannot be handed over as a table.
CHANNELS_OF: dict[FormatClass, frozenset[Channel]] = {
    FormatClass.DOCUMENT: frozenset({Channel.FILE}),
    FormatClass.SPREADSHEET: frozenset({Channel.FILE}),
    FormatClass.DATABASE: frozenset(Channel),
    FormatClass.IMAGE: frozenset({Channel.FILE}),
    FormatClass.MEDIA: frozenset({Channel.FILE, Channel.INTERFACE}),
    FormatClass.SELF_DESCRIBING: frozenset(Channel),
    FormatClass.SERVICE: frozenset({Channel.INTERFACE}),
}


class ItemType(StrEnum):
    """数据类型, one letter as the guide writes it."""

    TEXT = "C"
    NUMBER = "N"
    MONEY = "Y"
    DATE = "D"
    MOMENT = "T"
    LOGICAL = "L"
    MEMO = "M"
    GENERAL = "G"
    DOUBLE = "B"
    INTEGER = "I"
    FLOAT = "F"


ITEM_TYPE_NAMES = {
    ItemType.TEXT: _("text"),
    ItemType.NUMBER: _("number"),
    ItemType.MONEY: _("money"),
    ItemType.DATE: _("date"),
    ItemType.MOMENT: _("date and time"),
    ItemType.LOGICAL: _("yes or no"),
    ItemType.MEMO: _("long text"),
    ItemType.GENERAL: _("binary"),
    ItemType.DOUBLE: _("double precision"),
    ItemType.INTEGER: _("integer"),
    ItemType.FLOAT: _("floating point"),
}
#: Types that a length is stated for.
WITH_LENGTH = frozenset({ItemType.TEXT, ItemType.NUMBER})


class Secrecy(StrEnum):
    """Finding of the secrecy assessment. Anything but `none` cannot be catalogued."""

    NONE = "none"
    WORK_SECRET = "work_secret"  # noqa: S105 - a finding, no password
    STATE_SECRET = "state_secret"  # noqa: S105


SECRECY_NAMES = {
    Secrecy.NONE: _("no secret"),
    Secrecy.WORK_SECRET: _("work secret"),
    Secrecy.STATE_SECRET: _("state secret"),
}


class PersonalInfo(StrEnum):
    """Finding of the personal-information assessment."""

    NONE = "none"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"


PERSONAL_INFO_NAMES = {
    PersonalInfo.NONE: _("no personal information"),
    PersonalInfo.PERSONAL: _("personal information"),
    PersonalInfo.SENSITIVE: _("sensitive personal information"),
}
