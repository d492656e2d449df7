"""Says in words how a deadline came about, in Chinese and in English."""

from dataclasses import dataclass
from datetime import date

from hefu.kernel.citation import Citation
from hefu.law.deadline import Deadline, Step, Why
from hefu.law.terms import Bound, Direction, Language, Unit

_UNITS = {
    Unit.WORKING_DAY: ("个工作日", "working day"),
    Unit.DAY: ("日", "day"),
    Unit.MONTH: ("个月", "month"),
    Unit.YEAR: ("年", "year"),
}
_WEEKDAYS = (
    ("一", "Mon"),
    ("二", "Tue"),
    ("三", "Wed"),
    ("四", "Thu"),
    ("五", "Fri"),
    ("六", "Sat"),
    ("日", "Sun"),
)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_DAY_REASONS = {
    Why.COUNTED: ("", ""),
    Why.MAKE_UP: ("调休上班", "worked weekend"),
    Why.FIRST_DAY: ("起算日不计入", "day of the event, not counted"),
    Why.WEEKEND: ("周末", "weekend"),
    Why.HOLIDAY: ("节假日", "holiday"),
    Why.MOVED: ("顺延", "moved on from a rest day"),
    Why.JUMP: ("对应日", "same day of the month"),
}


@dataclass(frozen=True)
class StepLine:
    """One step as a page shows it."""

    day: date
    #: The day with its weekday.
    label: str
    #: Number of the counted day; empty when it does not count.
    number: str
    #: Why the day counts or not; empty for an ordinary counted day.
    reason: str
    counted: bool
    provisional: bool


def explain(deadline: Deadline, language: Language = Language.ZH) -> str:
    """Return the whole explanation as text: the rule, the count, the days left out, the other levels.

    One sentence a line, ready for a page, a letter or a terminal.
    """
    lines = [rule_line(deadline, language), due_line(deadline, language)]
    left_out = left_out_line(deadline, language)
    if left_out:
        lines.append(left_out)
    lines.extend(other_lines(deadline, language))
    if deadline.provisional:
        lines.append(provisional_line(deadline, language))
    return "\n".join(lines)


def rule_line(deadline: Deadline, language: Language) -> str:
    """Return the sentence that names the length, the event and the article."""
    zh = language is Language.ZH
    length = length_of(deadline.amount, deadline.unit, language)
    source = cite(deadline.source, language)
    event, day = deadline.event_name.in_(language), show_day(deadline.starts_on, language)
    if zh:
        way = "之前" if deadline.direction is Direction.BEFORE else "起"
        least = "至少" if deadline.bound is Bound.AT_LEAST else ""
        return f"{source}：自{event}（{day}）{way}{least}{length}。{deadline.meaning.zh}"
    way = "before" if deadline.direction is Direction.BEFORE else "from"
    least = "at least " if deadline.bound is Bound.AT_LEAST else ""
    return f"{source}: {least}{length} {way} the day of the event ({event}, {day}). {deadline.meaning.en}"


def due_line(deadline: Deadline, language: Language) -> str:
    """Return the sentence that names the last day."""
    day = show_day(deadline.due_on, language)
    if language is Language.ZH:
        return f"最后一日：{day}，当日仍在期限内。"
    return f"Last day: {day}, this day included."


def left_out_line(deadline: Deadline, language: Language) -> str:
    """Return the sentence that lists the days that do not count; empty when every day counts."""
    zh = language is Language.ZH
    parts = [
        f"{_span(run, language)}{'（' if zh else ' ('}{reason}{'）' if zh else ')'}"
        for reason, run in _runs(deadline, language)
    ]
    if not parts:
        return ""
    return f"不计入：{'、'.join(parts)}。" if zh else f"Not counted: {', '.join(parts)}."


def other_lines(deadline: Deadline, language: Language) -> list[str]:
    """Return a sentence for each other level of the law: its length and the day it would give."""
    found = []
    for other in deadline.also:
        length, day = length_of(other.amount, other.unit, language), show_day(other.due_on, language)
        source = cite(other.source, language)
        if language is Language.ZH:
            found.append(f"另一层级规定：{source}，{length}，即{day}；两者从严适用。")
        else:
            found.append(f"Another level: {source}, {length}, that is {day}; the stricter of the two binds.")
    return found


def provisional_line(deadline: Deadline, language: Language) -> str:
    """Return the sentence that warns of days that no official notice covers yet."""
    days = [step.day for step in deadline.steps if step.provisional]
    first = show_day(min(days), language) if days else ""
    until = show_day(deadline.published_until, language)
    if language is Language.ZH:
        return f"暂定：{first}起未见当地放假通知（全国通知公布至{until}），按周末和已知节日推算，通知公布后重新计算。"
    return (
        f"Provisional: from {first} on no holiday notice of the place is known (the national one reaches {until}); "
        "weekends and known festivals are taken, and the days are counted again once the notice is out."
    )


def step_lines(deadline: Deadline, language: Language) -> list[StepLine]:
    """Return every step with its number and reason, for a table."""
    return [
        StepLine(
            day=step.day,
            label=show_day(step.day, language),
            number=str(step.number) if step.number is not None else "",
            reason=_reason(step, language),
            counted=step.counted,
            provisional=step.provisional,
        )
        for step in deadline.steps
    ]


def length_of(amount: int, unit: Unit, language: Language) -> str:
    """Return such as `10个工作日` or `10 working days`."""
    zh, en = _UNITS[unit]
    if language is Language.ZH:
        return f"{amount}{zh}"
    return f"{amount} {en}{'' if amount == 1 else 's'}"


def show_day(day: date, language: Language) -> str:
    """Return such as `2025年9月22日周一` or `Mon 22 Sep 2025`."""
    zh, en = _WEEKDAYS[day.weekday()]
    if language is Language.ZH:
        return f"{day.year}年{day.month}月{day.day}日周{zh}"
    return f"{en} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def cite(citation: Citation, language: Language) -> str:
    """Return such as `《政务数据共享条例》第21条` or `decree-809 art. 21`."""
    if language is Language.EN:
        return str(citation)
    title = f"《{citation.title or citation.document}》"
    if not citation.article:
        return title
    return f"{title}第{citation.article}条" if citation.article.isdigit() else f"{title}{citation.article}"


def _reason(step: Step, language: Language) -> str:
    zh, en = _DAY_REASONS[step.why]
    general = zh if language is Language.ZH else en
    if step.name is None:
        return general
    name = step.name.in_(language)
    if step.why is Why.HOLIDAY:
        return name
    if language is Language.ZH:
        return f"{name}{general}"
    return f"{general}, {name}" if general else name


def _runs(deadline: Deadline, language: Language) -> list[tuple[str, list[Step]]]:
    runs: list[tuple[str, list[Step]]] = []
    for step in deadline.steps:
        if step.counted or step.why is Why.MOVED:
            continue
        reason = _reason(step, language)
        if runs and runs[-1][0] == reason and abs((step.day - runs[-1][1][-1].day).days) == 1:
            runs[-1][1].append(step)
        else:
            runs.append((reason, [step]))
    return runs


def _span(run: list[Step], language: Language) -> str:
    first, last = min(step.day for step in run), max(step.day for step in run)
    if language is Language.ZH:
        short = f"{first.month}月{first.day}日"
        return short if first == last else f"{short}至{last.month}月{last.day}日"
    short = f"{first.day} {_MONTHS[first.month - 1]}"
    return short if first == last else f"{short} to {last.day} {_MONTHS[last.month - 1]}"
