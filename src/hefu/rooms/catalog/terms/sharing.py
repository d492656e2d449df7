"""On what terms data is shared and opened, on what it may be kept back, and how it travels."""

from dataclasses import dataclass
from enum import StrEnum

from hefu.kernel.citation import Citation
from hefu.kernel.words import _
from hefu.law.terms import Rank


class ShareType(StrEnum):
    """共享类型: on what terms other departments get the data (decree 809 art. 14)."""

    UNCONDITIONAL = "unconditional"
    CONDITIONAL = "conditional"
    NONE = "none"


SHARE_TYPE_NAMES = {
    ShareType.UNCONDITIONAL: _("shared unconditionally"),
    ShareType.CONDITIONAL: _("shared conditionally"),
    ShareType.NONE: _("not shared"),
}


class BasisKind(StrEnum):
    """What kind of text a legal basis is. Which of them can keep data back is the law's word, not ours."""

    LAW = "law"
    ADMINISTRATIVE_REGULATION = "administrative_regulation"
    STATE_COUNCIL_DECISION = "state_council_decision"
    LOCAL_REGULATION = "local_regulation"
    MINISTRY_RULE = "ministry_rule"
    LOCAL_RULE = "local_rule"
    INTERNAL_RULE = "internal_rule"


#: Rank of each basis, as the regulation packs write it.
RANKS = {
    BasisKind.LAW: Rank.LAW,
    BasisKind.ADMINISTRATIVE_REGULATION: Rank.ADMINISTRATIVE_REGULATION,
    BasisKind.STATE_COUNCIL_DECISION: Rank.STATE_COUNCIL_DECISION,
    BasisKind.LOCAL_REGULATION: Rank.LOCAL_REGULATION,
    BasisKind.MINISTRY_RULE: Rank.RULE,
    BasisKind.LOCAL_RULE: Rank.RULE,
    BasisKind.INTERNAL_RULE: Rank.NORMATIVE_DOCUMENT,
}


@dataclass(frozen=True)
class KeepingBack:
    """On what an entry may be "not shared", as the law of its place says on the day."""

    bases: frozenset[BasisKind]
    #: The article that says so.
    source: Citation


BASIS_NAMES = {
    BasisKind.LAW: _("law"),
    BasisKind.ADMINISTRATIVE_REGULATION: _("administrative regulation"),
    BasisKind.STATE_COUNCIL_DECISION: _("decision of the State Council"),
    BasisKind.LOCAL_REGULATION: _("local regulation"),
    BasisKind.MINISTRY_RULE: _("rule of a ministry"),
    BasisKind.LOCAL_RULE: _("rule of a local government"),
    BasisKind.INTERNAL_RULE: _("internal rule or document"),
}


class OpenType(StrEnum):
    """开放类型: on what terms the public gets the data."""

    UNCONDITIONAL = "unconditional"
    CONDITIONAL = "conditional"
    CLOSED = "closed"


OPEN_TYPE_NAMES = {
    OpenType.UNCONDITIONAL: _("open to all"),
    OpenType.CONDITIONAL: _("open on conditions"),
    OpenType.CLOSED: _("not open"),
}


class Channel(StrEnum):
    """共享方式: how the data travels (decree 809 art. 22)."""

    TABLE = "table"
    FILE = "file"
    INTERFACE = "interface"


CHANNEL_NAMES = {Channel.TABLE: _("table"), Channel.FILE: _("file"), Channel.INTERFACE: _("interface")}


class ShareMode(StrEnum):
    """共享方式分类: over the sharing platform, or by mail, disk and other media."""

    PLATFORM = "platform"
    MEDIA = "media"


SHARE_MODE_NAMES = {ShareMode.PLATFORM: _("over the platform"), ShareMode.MEDIA: _("by mail or media")}
