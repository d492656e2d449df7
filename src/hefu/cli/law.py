"""`hefu law`: the regulation packs and what rests on them. Only drift and notices need the database."""

import os
from datetime import date
from pathlib import Path
from typing import Any

import click

from hefu.cli import language as speech
from hefu.cli.acting import acting_option
from hefu.cli.language import translated
from hefu.cli.output import as_json_text, json_option, show, show_rows
from hefu.cli.site import prepare_site
from hefu.kernel.actor import Actor
from hefu.kernel.citation import Citation
from hefu.kernel.clock import SystemClock
from hefu.kernel.identifiers.fault import IdentifierFault
from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _
from hefu.law import coverage as clauses
from hefu.law import running, tables
from hefu.law.deadline import Deadline
from hefu.law.explain import cite, show_day, step_lines
from hefu.law.lint import Level, lint
from hefu.law.load import folders
from hefu.law.notices import Notice
from hefu.law.places import NATION, significant
from hefu.law.register import register
from hefu.law.saying import refused_line, value_line
from hefu.law.terms import Kind, Language

#: What `hefu law lint` ends with when a pack must not be used.
FAULTY = 1
#: Letters of a value that a table for people shows; `explain` and `--json` give all of it.
CELL = 60


class PlaceType(click.ParamType):  # type: ignore[type-arg]
    """A division code, `00` for the whole country."""

    name = "place"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the code as the packs write it, or say what a code looks like."""
        try:
            return significant(str(value))
        except IdentifierFault:
            sentence = translated(
                _("{value} is no division code; write 2, 4 or 6 digits, or 00 for the whole country.")
            )
            self.fail(sentence.format(value=value), param, ctx)


class RuleType(click.ParamType):  # type: ignore[type-arg]
    """Id of a rule of the packs."""

    name = "rule"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the id, or say where the ids are listed."""
        if value not in register().rules:
            self.fail(
                translated(_("There is no rule {value}; 'hefu law rules' lists them.")).format(value=value), param, ctx
            )
        return str(value)


class DayType(click.ParamType):  # type: ignore[type-arg]
    """A day, as 2026-03-11."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the day."""
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            sentence = _("{value} is no day; write it as 2026-03-11.")
            self.fail(translated(sentence).format(value=value), param, ctx)


PLACE, RULE, DAY = PlaceType(), RuleType(), DayType()


@click.group("law")
def command() -> None:
    """Look at the regulation packs: rules, dates, coverage."""


@command.command("packs")
@json_option
def packs(as_json: bool) -> None:
    """List the packs: place, documents, rules, and when a person last compared them with the law."""
    rows = tables.packs()
    if as_json:
        click.echo(as_json_text(rows))
        return
    show_rows([{**row, "title": _say(row["title"]), "documents": len(row["documents"])} for row in rows], as_json=False)


@command.command("rules")
@click.option("--place", type=PLACE, default=NATION, show_default=True, metavar="CODE", help="Division code.")
@click.option("--on", type=DAY, default=None, metavar="DAY", help="Day that picks the values; today when not given.")
@json_option
def rules(place: str, on: date | None, as_json: bool) -> None:
    """List every rule that the packs of a place know, with its value on a day or why there is none."""
    rows = tables.rules(place, on or SystemClock().today())
    if as_json:
        click.echo(as_json_text(rows))
        return
    show_rows(
        [
            {
                "rule": row["rule"],
                "title": _say(row["title"]),
                "value": _short(value_in_words(row)),
                "article": cite(Citation(**row["source"]), language()) if row["found"] else row["code"],
            }
            for row in rows
        ],
        as_json=False,
    )


@command.command("explain")
@click.option("--rule", type=RULE, required=True, metavar="RULE", help="Id of the rule.")
@click.option("--on", "starts", type=DAY, required=True, metavar="DAY", help="Day of the event: receipt, agreement, …")
@click.option("--at", "place", type=PLACE, required=True, metavar="CODE", help="Division code of the place.")
@click.option("--chosen-on", type=DAY, default=None, metavar="DAY", help="Day that picks the value, if another.")
@click.option("--against", type=PLACE, default=None, metavar="CODE", help="Another place to compare with.")
@json_option
def explain(rule: str, starts: date, place: str, chosen_on: date | None, against: str | None, as_json: bool) -> None:
    """Explain a rule: its value, the article, who set it, the count day by day, what another pack would answer.

    Without --against the answer of the whole country is set beside the place's own.
    """
    other = against or (NATION if place != NATION else None)
    notices = _say_calendar()
    found = tables.explain_rule(
        rule, place=place, on=chosen_on or starts, starts=starts, against=other, notices=notices or ()
    )
    found["notices"] = None if notices is None else [one.notice for one in notices]
    if as_json:
        click.echo(as_json_text(found))
        return
    for line in explained(found):
        click.echo(line)


@command.command("workdays")
@click.argument("year", type=click.IntRange(1900, 2200))
@click.option("--place", type=PLACE, default=NATION, show_default=True, metavar="CODE", help="Division code.")
@json_option
def workdays(year: int, place: str, as_json: bool) -> None:
    """Print each day of YEAR with true where offices work and false where they do not."""
    rows = tables.workdays(year, place, _say_calendar() or ())
    if as_json:
        click.echo(as_json_text(rows))
        return
    for row in rows:
        works = "true " if row["works"] else "false"
        mark = f"  ({translated(_('provisional'))})" if row["provisional"] else ""
        click.echo(f"{row['day']}  {works}  {_say(row['why'])}{mark}")


@command.command("coverage")
@click.option("--document", default="", metavar="ID", help="Only the clauses of one regulation.")
@click.option(
    "--state", type=click.Choice([state.value for state in clauses.ClauseState]), default=None, help="Only one state."
)
@click.option("--summary", "as_summary", is_flag=True, help="Figures by regulation and state instead of the clauses.")
@json_option
def coverage(document: str, state: str | None, as_summary: bool, as_json: bool) -> None:
    """Say for each clause of the regulations what does it and which test shows it."""
    rows = clauses.coverage()
    known = dict.fromkeys(row.clause.document for row in rows)
    if document and document not in known:
        told = translated(_("There is no regulation {value}; there are: {known}."))
        raise click.BadParameter(told.format(value=document, known=", ".join(known)), param_hint="--document")
    found = [row for row in rows if document in ("", row.clause.document) and state in (None, row.state.value)]
    if as_summary:
        _show_summary(found, as_json=as_json)
        return
    show_rows([row.as_json() for row in found], as_json=as_json, columns=("id", "document", "state", "code", "tests"))


def _show_summary(found: list[clauses.Covered], *, as_json: bool) -> None:
    figures = clauses.summary(found)
    if as_json:
        click.echo(as_json_text(figures))
        return
    states = [state.value for state in clauses.ClauseState]
    show_rows(
        [
            {"document": name, **{state: counts.get(state, 0) for state in states}, "all": sum(counts.values())}
            for name, counts in figures.items()
        ],
        as_json=False,
    )


@command.command("clocks")
@json_option
def clocks(as_json: bool) -> None:
    """List every period of the packs: whether a clock runs for it here, what starts it, or why it waits."""
    rows = [one.as_json() for one in running.clocks()]
    if as_json:
        click.echo(as_json_text(rows))
        return
    show_rows(
        [
            {
                "rule": row["rule"],
                "title": _say(row["title"]),
                "state": row["state"],
                "started_by_or_why": ", ".join(row["started_by"]) or _say(row["reason"]),
            }
            for row in rows
        ],
        as_json=False,
    )


@command.command("lint")
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@json_option
def lint_packs(folder: Path | None, as_json: bool) -> int:
    """Check the packs in FOLDER, or all of this node: that they load and that their cases hold."""
    checked = [folder] if folder else folders()
    findings = lint(*checked, today=SystemClock().today())
    rows = [{"level": one.level, "file": one.file, "text": one.text} for one in findings]
    if as_json:
        click.echo(as_json_text(rows))
    elif findings:
        for one in findings:
            click.echo(str(one))
    else:
        click.echo(translated(_("Nothing is wrong with the packs.")))
    return FAULTY if any(one.level is Level.ERROR for one in findings) else 0


@command.command("compare")
@click.argument("place", type=PLACE)
@click.argument("other", type=PLACE)
@click.option("--on", type=DAY, default=None, metavar="DAY", help="Day that picks the values; today when not given.")
@click.option("--all", "everything", is_flag=True, help="Also the rules on which both agree.")
@json_option
def compare(place: str, other: str, on: date | None, everything: bool, as_json: bool) -> None:
    """Set the rules of PLACE and OTHER side by side; people see where they differ, programs see all."""
    rows = tables.compare(place, other, on or SystemClock().today())
    if as_json:
        click.echo(as_json_text(rows))
        return
    show_rows(
        [
            {
                "rule": row["rule"],
                place: _short(value_in_words(row["left"])),
                other: _short(value_in_words(row["right"])),
                "same": row["same"],
            }
            for row in rows
            if everything or not row["same"]
        ],
        as_json=False,
        columns=tuple(dict.fromkeys(("rule", place, other, "same"))),
    )


@command.command("drift")
@acting_option(writes=False)
@json_option
def drift(actor: Actor, as_json: bool) -> None:
    """List the running periods that would end on another day, or rest on another article, under the law of now.

    Nothing is changed: the authority's reviewer accepts each move by itself.
    """
    from hefu.rooms.clocks import queries

    rows = [
        {
            "subject": one.subject,
            "rule": one.rule,
            "due_before": one.due_before,
            "due_on": one.due_on,
            "days": one.days,
            "why_none": one.why_none,
            "provisional": one.provisional,
            "article_before": str(one.before.source),
            "article": str(one.after.source) if one.after else None,
        }
        for one in queries.drifting(viewer=actor)
    ]
    show_rows(
        rows,
        as_json=as_json,
        columns=("subject", "rule", "due_before", "due_on", "days", "article_before", "article", "why_none"),
    )


@command.command("notice")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@acting_option(writes=True)
@json_option
def notice(file: Path, actor: Actor, as_json: bool) -> None:
    """Import a year's official holiday notice; provisional last days are counted again and the parties are told."""
    from hefu.rooms.clocks import services

    taken = services.import_notice(text=file.read_bytes(), file=file.name, actor=actor, clock=SystemClock())
    show(
        {
            "year": taken.year,
            "place": taken.place,
            "notice": taken.notice,
            "counted_again": taken.counted_again,
            "moved": list(taken.moved),
            "left_for_review": list(taken.left),
        },
        as_json=as_json,
    )


def _say_calendar() -> tuple[Notice, ...] | None:
    """Return the holiday notices that the node took in, and say beside the answer which calendar is used.

    Without a database the shipped calendar answers: the law can be asked anywhere. None then.
    """
    from django.db import DatabaseError

    try:
        prepare_site()
        from hefu.rooms.clocks import queries

        found = queries.notices_in_force()
    except (Refusal, DatabaseError):  # no node here, or its tables are not made yet
        click.echo(translated(_("Calendar: as shipped; no node's database answers here.")), err=True)
        return None
    if found:
        named = ", ".join(f"{one.year} {one.place}" for one in found)
        click.echo(translated(_("Calendar: with the node's notices ({notices}).")).format(notices=named), err=True)
    else:
        click.echo(translated(_("Calendar: as shipped; the node has taken in no notice.")), err=True)
    return found


def language() -> Language:
    """Return the language of the command line as the law's explanations take it."""
    return Language.ZH if speech.chosen(os.environ) == "zh_Hans" else Language.EN


def _say(words: dict[str, str]) -> str:
    return words[language().value]


def explained(found: dict[str, Any]) -> list[str]:
    """Return the lines that explain one rule: answer, who set it, the count, what else would be answered."""
    title = f"{found['rule']}: {_say(found['title'])}"
    lines = [title, "=" * len(title), *_who_set_it(found)]
    if found["found"] and found["kind"] == Kind.PERIOD:
        deadline = Deadline.from_json(found["deadline"])
        lines += ["", *_say(found["explanation"]).splitlines(), ""]
        for step in step_lines(deadline, language()):
            number = f"{step.number or '·':>4}"
            mark = f"  ({translated(_('provisional'))})" if step.provisional else ""
            lines.append(f"{number}  {step.label}  {step.reason}{mark}")
        lines.append(f"{translated(_('Last day'))}: {show_day(deadline.due_on, language())}")
    if against := found.get("against"):
        lines += ["", *_other_answer(against)]
    return lines


def _who_set_it(found: dict[str, Any]) -> list[str]:
    if not found["found"]:
        return [f"{found['sentence']} ({found['code']})"]
    lines = [
        f"{translated(_('Value'))}: {value_in_words(found)}",
        f"{translated(_('Article'))}: {cite(Citation(**found['source']), language())}",
        f"{translated(_('Set by'))}: {found['pack']}, {translated(_('since'))} {found['from']}",
    ]
    lines += [f"{translated(head)}: {_say(found[key])}" for key, head in _REMARKS if found[key]]
    lines += [
        f"{translated(_('Another level'))}: {value_in_words(other)}, {cite(Citation(**other['source']), language())}"
        for other in found["also"]
    ]
    return lines


_REMARKS = (("transition", _("Transition")), ("note", _("Note")), ("doubt", _("Doubt")))


def _other_answer(against: dict[str, Any]) -> list[str]:
    head = translated(_("Under the packs of {place}")).format(place=against["place"])
    if not against["found"]:
        return [f"{head}: {against['sentence']}"]
    line = f"{head}: {value_in_words(against)}, {cite(Citation(**against['source']), language())}"
    if "deadline" in against:
        line += f", {show_day(date.fromisoformat(against['deadline']['due_on']), language())}"
    return [line]


def _short(text: str) -> str:
    return text if len(text) <= CELL else f"{text[: CELL - 1]}…"


def value_in_words(row: dict[str, Any] | None) -> str:
    """Return the value of an answer in a few words, with what a rule on grounds does not let pass."""
    refused = refused_line(row, language())
    return value_line(row, language()) + (f" | ✗ {refused}" if refused else "")
