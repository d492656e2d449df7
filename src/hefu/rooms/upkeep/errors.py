"""Refusals of the room that keeps the catalogue whole."""

from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _


class OtherDepartments(Refusal):
    """A tie joins things of one department."""

    code = "upkeep.other_department"
    text = _(
        "“{thing}” belongs to {owner}, and entry {entry} to {provider}. An entry is tied to the systems and duties of "
        "its own department: choose one of those."
    )
    status = 422


class ListUnreadable(Refusal):
    """A list of duties cannot be read."""

    code = "upkeep.list_unreadable"
    text = _(
        "{name} cannot be read as a list of duties: {reason}. Send CSV (UTF-8 or GB18030) or XLSX with the columns "
        "{columns}; only the first is needed."
    )
    status = 422
