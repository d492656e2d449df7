"""How plain things are written on pages: days, instants, numbers, sizes, codes, articles."""

import re
from datetime import date, datetime
from typing import Any

from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from hefu.kernel.citation import Citation
from hefu.portal.words import in_chinese, say

#: Stands for "nothing" in a cell.
NOTHING = "—"

_ARTICLE = re.compile(r"^(\d+(?:-\d+)?)((?:\(\w+\))*)(.*)$")


def value(thing: Any) -> SafeString | str:
    """Return any plain value as a page writes it."""
    if thing is None or thing == "":
        return NOTHING
    if isinstance(thing, bool):
        return gettext("yes") if thing else gettext("no")
    if isinstance(thing, datetime):
        return moment(thing)
    if isinstance(thing, date):
        return day(thing)
    if isinstance(thing, int | float):
        return number(thing)
    if isinstance(thing, Citation):
        return article(thing)
    if isinstance(thing, list | tuple | set | frozenset):
        return gettext(", ").join(say(str(part)) for part in thing) or NOTHING
    return say(str(thing))


def weekday(on: date) -> str:
    """Return the short name of the day of the week."""
    return formats.date_format(on, "D") if not in_chinese() else "周" + "一二三四五六日"[on.weekday()]


def day(on: date | None) -> SafeString | str:
    """Return an ISO date that tells its weekday when pointed at."""
    if on is None:
        return NOTHING
    return format_html('<time class="day" datetime="{0}" title="{1}">{0}</time>', on.isoformat(), weekday(on))


def full_day(on: date | None) -> SafeString | str:
    """Return a date with its weekday beside it."""
    if on is None:
        return NOTHING
    pattern = '<time class="day" datetime="{0}">{0}<span class="weekday"> {1}</span></time>'
    return format_html(pattern, on.isoformat(), weekday(on))


def moment(at: datetime | None) -> SafeString | str:
    """Return an instant in the node's zone, to the minute; the second is told when pointed at."""
    if at is None:
        return NOTHING
    here = timezone.localtime(at)
    return format_html(
        '<time class="day" datetime="{}" title="{} {}">{}</time>',
        here.isoformat(timespec="seconds"),
        weekday(here.date()),
        f"{here:%H:%M:%S}",
        f"{here:%Y-%m-%d %H:%M}",
    )


def instant(at: datetime | None) -> SafeString | str:
    """Return an instant in the node's zone, to the second."""
    if at is None:
        return NOTHING
    here = timezone.localtime(at)
    return format_html(
        '<time class="day" datetime="{}" title="{}">{}</time>',
        here.isoformat(timespec="seconds"),
        weekday(here.date()),
        f"{here:%Y-%m-%d %H:%M:%S}",
    )


def number(amount: float | None) -> str:
    """Return a number with its thousands set apart."""
    if amount is None:
        return NOTHING
    return f"{amount:,}" if isinstance(amount, int) else f"{amount:,.2f}"


def size(count: int | None) -> str:
    """Return a number of bytes in the unit people use for it."""
    if count is None:
        return NOTHING
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024 or unit == "GiB":
            break
        amount /= 1024
    return f"{amount:,.0f} {unit}" if unit == "B" else f"{amount:,.1f} {unit}"


def span(seconds: float | None) -> str:
    """Return a span of time in its two largest units."""
    if seconds is None:
        return NOTHING
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return gettext("{hours} h {minutes} min").format(hours=hours, minutes=minutes)
    if minutes:
        return gettext("{minutes} min {seconds} s").format(minutes=minutes, seconds=left)
    return gettext("{seconds} s").format(seconds=left)


def working_days(count: int) -> str:
    """Return a number of working days."""
    return ngettext("{count} working day", "{count} working days", abs(count)).format(count=abs(count))


def code(text: str) -> SafeString | str:
    """Return a code so that its signs cannot be mistaken."""
    return format_html('<span class="code">{}</span>', text) if text else NOTHING


def article(citation: Citation | dict[str, str]) -> str:
    """Return where a rule stands as people cite it: 《政务数据共享条例》第21条第2款."""
    cited = citation if isinstance(citation, Citation) else Citation(**citation)
    title = cited.title or cited.document
    if not in_chinese():
        return f"{title} art. {cited.article}" if cited.article else title
    named = title if title.startswith("《") else f"《{title}》"
    return named + _article_in_chinese(cited.article)


def _article_in_chinese(text: str) -> str:
    found = _ARTICLE.match(text)
    if not found:
        return text
    number_, paragraphs, rest = found.groups()
    parts = re.findall(r"\((\w+)\)", paragraphs)
    written = f"第{number_}条"
    for part, unit in zip(parts, ("款", "项", "目"), strict=False):
        written += f"第{part}{unit}"
    return written + rest
