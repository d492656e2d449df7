"""Which patterns PostgreSQL, RE2 and Python read alike. Everything else is refused when it is typed."""

import re

from hefu.kernel.words import Sentence, _

#: One step of a pattern that all three read alike; a class holds plain signs, ranges and escaped signs.
_CLASS = r"\[\^?(?:\\[^\w\s]|[^\\\[\]])+\]"
_ATOM = rf"(?:\\[^\w\s]|{_CLASS}|[^\\\[\](){{}}*+?|^$])"
_COUNT = r"(?:[*+?]|\{\d{1,3}(?:,\d{0,3})?\})"
_STEP = re.compile(rf"(?P<open>\((?:\?:)?)|(?P<close>\)){_COUNT}?|(?P<bar>\|)|{_ATOM}{_COUNT}?")
#: Longest pattern; a form's field, not a programme.
LONGEST = 500
#: Most repetitions PostgreSQL counts.
MOST_REPEATS = 255


def pattern_problem(pattern: str) -> Sentence | None:
    """Return why `pattern` cannot be a check, or None."""
    if not pattern or len(pattern) > LONGEST or "\0" in pattern:
        return Sentence(_("a pattern has 1 to {most} characters"), code="pattern.length", most=LONGEST)
    place, depth = 0, 0
    while place < len(pattern):
        step = _STEP.match(pattern, place)
        if step is None or (step["close"] and depth == 0):
            return Sentence(
                _("the pattern is not understood from {place!r} on"), code="pattern.sign", place=pattern[place:][:20]
            )
        depth += bool(step["open"]) - bool(step["close"])
        place = step.end()
    if depth:
        return Sentence(_("the pattern leaves a bracket open"), code="pattern.bracket")
    if any(int(number) > MOST_REPEATS for number in re.findall(r"\d+", " ".join(re.findall(r"\{[\d,]+\}", pattern)))):
        return Sentence(_("a count goes to {most}"), code="pattern.count", most=MOST_REPEATS)
    if re.search(r"--|&&|~~|\|\||\((?:\?:)?\)|\[\^?-|-\]|\(\||\|\)|^\||\|$", pattern):
        return Sentence(
            _("empty alternatives, empty brackets and doubled or loose - & ~ | signs read differently elsewhere"),
            code="pattern.dialects",
        )
    try:
        re.compile(pattern)
    except re.error as error:
        return Sentence(_("the pattern is not understood: {error}"), code="pattern.broken", error=str(error))
    return None
