"""What can be wrong with a pack, and how the law says that it has no answer."""

from datetime import date
from typing import Any

from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _


class PackError(ValueError):
    """A pack, a calendar or a register that does not hold together; the maker of the file must mend it."""

    def __init__(self, *, file: str, key: str, found: Any, expected: str) -> None:
        """Keep the four facts that let a person find and mend the place."""
        self.file = file
        self.key = key
        self.found = found
        self.expected = expected
        shown = found.isoformat() if isinstance(found, date) else repr(found)
        super().__init__(f"{file}: {key or '(file)'}: found {shown}; expected {expected}")


class NoRuleInForce(Refusal):
    """No pack of the place answers the question on that day; a subclass says why."""

    code = "law.no_rule_in_force"
    text = _(
        "No regulation of place {place} says anything about {rule} on {on:%d %B %Y}. "
        "Ask the data authority to set the matter in its office settings."
    )


class RuleNotYetInForce(NoRuleInForce):
    """The first value begins later."""

    code = "law.rule_not_yet_in_force"
    text = _(
        "Rule {rule} does not yet hold for place {place} on {on:%d %B %Y}; it begins on {since:%d %B %Y} "
        "({source}). Treat the matter under the office settings of that time."
    )


class RuleEnded(NoRuleInForce):
    """The last value came to its end."""

    code = "law.rule_ended"
    text = _(
        "Rule {rule} no longer holds for place {place} on {on:%d %B %Y}; it ended on {since:%d %B %Y} ({source}). "
        "Ask the data authority for the pack of the text that replaced it."
    )


class RuleSilent(NoRuleInForce):
    """The regulation is there and gives nothing on this point."""

    code = "law.rule_silent"
    text = _(
        "The regulation of place {place} gives nothing on {rule} for {on:%d %B %Y} ({source}), and no higher one "
        "does. Nothing may be granted under it; ask the data authority for its office setting."
    )


class RuleLost(NoRuleInForce):
    """The part of the text that would answer is missing from every copy."""

    code = "law.rule_lost"
    text = _(
        "The part of {source} that would answer {rule} for place {place} on {on:%d %B %Y} is lost. "
        "Obtain the official text and add the value to the pack."
    )


class CalendarNotPublished(Refusal):
    """The counting reached a day about which the calendar says nothing, not even provisionally."""

    code = "law.calendar_not_published"
    text = _(
        "Calendar {calendar} says nothing about {day:%d %B %Y}; it covers {first:%d %B %Y} to {last:%d %B %Y}. "
        "Import the holiday notice of that year and count again."
    )


class NoSuchDay(Refusal):
    """A period of months or years ends on a day that its month does not have, and the rule says to stop."""

    code = "law.no_such_day"
    text = _(
        "{amount} {unit} from {start:%d %B %Y} end on a day that month does not have, and {rule} does not say "
        "which day to take. Ask the data authority to fix the last day by hand."
    )
