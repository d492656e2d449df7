"""The words in which packs are written."""

from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    """A language in which the law explains itself."""

    ZH = "zh"
    EN = "en"


class Kind(StrEnum):
    """What a rule's value is."""

    #: A length of time.
    PERIOD = "period"
    #: One of the options that the register names.
    CHOICE = "choice"
    #: Things that must all be there.
    LISTING = "list"
    #: A number with a unit that is not time.
    AMOUNT = "amount"
    #: What a refusal may rest on, and what it may not.
    GROUNDS = "grounds"


class Unit(StrEnum):
    """In what a period is counted."""

    WORKING_DAY = "working_day"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class Bound(StrEnum):
    """Which way a limit works, and so which of two limits is stricter."""

    #: A ceiling: the shorter is stricter.
    AT_MOST = "at_most"
    #: A floor, such as retention: the longer is stricter.
    AT_LEAST = "at_least"


class Resolve(StrEnum):
    """Which answer binds when several levels of a place give one."""

    #: The strictest period; both are shown.
    STRICTEST = "strictest"
    #: The lowest level that says something.
    NEAREST = "nearest"
    #: The highest level that says something; lower ones can only strike out.
    HIGHEST = "highest"
    #: All levels together.
    UNION = "union"


class FirstDay(StrEnum):
    """What happens to the day of the event."""

    NOT_COUNTED = "not_counted"
    COUNTED = "counted"


class LastDay(StrEnum):
    """What happens when the last day is a rest day."""

    #: It moves to the next working day.
    NEXT_WORKING_DAY = "next_working_day"
    #: It stays.
    AS_IS = "as_is"


class MonthEnd(StrEnum):
    """What happens when the last month has no such day."""

    #: The last day of that month.
    CLIP = "clip"
    #: The first day of the month after.
    NEXT = "next"
    #: Nobody said: refuse to answer.
    STOP = "stop"


class Direction(StrEnum):
    """Whether the period runs after its event or before it."""

    AFTER = "after"
    BEFORE = "before"


class OnExpiry(StrEnum):
    """What the end of a period brings about. There is no silent grant."""

    #: The case goes up to the authority.
    ESCALATE = "escalate"
    #: The right or the result ends.
    LAPSE = "lapse"
    #: Nothing by itself.
    NOTHING = "nothing"


class Resume(StrEnum):
    """How a clock goes on after a pause."""

    #: The days counted before stay counted.
    CONTINUE = "continue"
    #: It starts again from nothing.
    RESTART = "restart"


class State(StrEnum):
    """Whether a dated value says anything."""

    STATED = "stated"
    #: The rule came to its end that day.
    ENDED = "ended"
    #: The text is whole here and gives no figure.
    SILENT = "silent"
    #: This part of the text is lost to us.
    LOST = "lost"


class Rank(StrEnum):
    """Rank of a legal document; a refusal may rest only on the ranks its rule allows."""

    LAW = "law"
    ADMINISTRATIVE_REGULATION = "administrative-regulation"
    STATE_COUNCIL_DECISION = "state-council-decision"
    LOCAL_REGULATION = "local-regulation"
    #: Of a department of the State Council or of a local government (规章).
    RULE = "rule"
    #: Everything below (规范性文件): circulars, trial measures.
    NORMATIVE_DOCUMENT = "normative-document"
    STANDARD = "standard"
    #: Draft, plan, report: never binding.
    NOT_BINDING = "not-binding"


@dataclass(frozen=True)
class Words:
    """The same thing said in both languages."""

    zh: str
    en: str

    def in_(self, language: Language) -> str:
        """Return the text in `language`."""
        return self.zh if language is Language.ZH else self.en

    def __str__(self) -> str:
        """Return the English text, the key language of refusals."""
        return self.en


@dataclass(frozen=True)
class Term:
    """A thing with a stable id and a name."""

    id: str
    words: Words
