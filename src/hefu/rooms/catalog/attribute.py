"""资源属性: for whom a resource is held, as the first digit of its class code says."""

from enum import StrEnum

from hefu.kernel.words import _


class Attribute(StrEnum):
    """For whom a resource is held (guide of 2017; Dazhou 2024 art. 11)."""

    BASE = "1"
    THEME = "2"
    DEPARTMENT = "3"


ATTRIBUTE_NAMES = {
    Attribute.BASE: _("base resource"),
    Attribute.THEME: _("theme resource"),
    Attribute.DEPARTMENT: _("department resource"),
}
