"""Which patterns PostgreSQL, RE2 and Python read alike. Everything else is refused when it is typed."""

import re

#: One step of a pattern that all three read alike; a class holds plain signs, ranges and escaped signs.
_CLASS = r"\[\^?(?:\\[^\w\s]|[^\\\[\]])+\]"
_ATOM = rf"(?:\\[^\w\s]|{_CLASS}|[^\\\[\](){{}}*+?|^$])"
_COUNT = r"(?:[*+?]|\{\d{1,3}(?:,\d{0,3})?\})"
_STEP = re.compile(rf"(?P<open>\((?:\?:)?)|(?P<close>\)){_COUNT}?|(?P<bar>\|)|{_ATOM}{_COUNT}?")
#: Longest pattern; a form's field, not a programme.
LONGEST = 500
#: Most repetitions PostgreSQL counts.
MOST_REPEATS = 255


def pattern_problem(pattern: str) -> str | None:
    """Return why `pattern` cannot be a check, or None."""
    if not pattern or len(pattern) > LONGEST or "\0" in pattern:
        return f"a pattern has 1 to {LONGEST} characters"
    place, depth = 0, 0
    while place < len(pattern):
        step = _STEP.match(pattern, place)
        if step is None or (step["close"] and depth == 0):
            return f"the pattern is not understood from {pattern[place:][:20]!r} on"
        depth += bool(step["open"]) - bool(step["close"])
        place = step.end()
    if depth:
        return "the pattern leaves a bracket open"
    if any(int(number) > MOST_REPEATS for number in re.findall(r"\d+", " ".join(re.findall(r"\{[\d,]+\}", pattern)))):
        return f"a count goes to {MOST_REPEATS}"
    if re.search(r"--|&&|~~|\|\||\((?:\?:)?\)|\[\^?-|-\]|\(\||\|\)|^\||\|$", pattern):
        return "empty alternatives, empty brackets and doubled or loose - & ~ | signs read differently elsewhere"
    try:
        re.compile(pattern)
    except re.error as error:
        return f"the pattern is not understood: {error}"
    return None
