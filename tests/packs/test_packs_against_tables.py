"""The packs' periods against two tables made from the texts by other hands, where they stand beside the repository."""

import csv
import re
from datetime import date

import pytest

from hefu.law.answers import Period
from hefu.law.rules import rules_for
from hefu.law.terms import Unit
from tests.packs.shelf import SHARED

NATIONAL = SHARED / "standards" / "deadlines-national.csv"
CLAUSES = SHARED / "regulations" / "clauses.csv"

#: Beginning of the row's rule → our rule; None with a reason for a row that states no figure of a rule we carry.
ROWS: dict[str, str | None] = {
    "Department updates its catalog": "catalog.update",
    "Extension of the catalog update": "catalog.update_extension",
    "Authority reviews AND publishes": "catalog.review",
    "Provider answers a request for 无条件": "requests.answer_unconditional",
    "Provider answers (agree/refuse)": "requests.answer_conditional",
    "Longest extension of the answer": "requests.extension",
    "Provider delivers the data": "requests.delivery",
    "Provider checks, corrects": "corrections.answer",
    "Requester keeps use records": "records.retention",
    "First registration after providing": "registration.first_filing",
    "First registration for operations begun": "registration.first_filing_earlier",
    "Registrar completes a deregistration": "registration.deregistration",
    "Registrar accepts an application": "registration.acceptance",
    "Registrar completes the formal review": "registration.review",
    "Public notice of registration": "registration.notice",
    "Validity of a registration result": "registration.validity",
    "Renewal may be filed": "registration.renewal_window",
    "Longest term of an authorised-operation": "operation.term",
    "Keep records of providing/entrusting": "records.important_data",
    "Important-data risk assessment": "security.risk_assessment",
    "Proactive disclosure": "disclosure.publish",
    "Ask an applicant to complete": "disclosure.completion_notice",
    "Answer an information request": "disclosure.answer",
    "Third party / other agency": "disclosure.third_party",
    "Audit log of interface-risk": "records.interface_log",
    "Restore test of backups": "security.restore_test",
    "Data-security training": "security.training",
    # no figure in the text: a choice of the pack or an office setting
    "Incomplete application": None,
    "Upper department returns data": None,
    "Suspend misuse": None,
    "Stop/change a running service": None,
    "Dispute: negotiate": None,
    "Security incident: start": None,
    # a day, not a length; carried as the first day or the end of the values
    "Decree in force": None,
    "Measures 26 and 27 in force": None,
    # the original was not read
    "Yearly disclosure of authorised operation": None,
    "Provider answers a 有条件共享 request (older": None,
    # an amount of hours, compared below
    "Report a product flaw": None,
}
UNITS = {
    "working days": Unit.WORKING_DAY,
    "days": Unit.DAY,
    "years": Unit.YEAR,
    "years minimum": Unit.YEAR,
    "per year": Unit.YEAR,
    "per year minimum": Unit.YEAR,
    "months minimum": Unit.MONTH,
}
#: A day on which every national rule of the table holds.
ON = date(2026, 6, 1)


def national_rows() -> list[dict[str, str]]:
    if not NATIONAL.is_file():
        pytest.skip("the shared table of national deadlines is not beside the repository")
    with NATIONAL.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def ours(row: dict[str, str]) -> str | None:
    found = [key for key in ROWS if row["rule"].startswith(key)]
    assert len(found) == 1, row["rule"]
    return ROWS[found[0]]


def test_every_row_of_the_national_table_is_accounted_for_once() -> None:
    rows = national_rows()
    assert len(rows) == len(ROWS)
    assert len({row["rule"] for row in rows}) == len(rows)
    for row in rows:
        ours(row)


def test_every_figure_of_the_national_table_is_the_figure_of_the_pack() -> None:
    differences = []
    compared = 0
    for row in national_rows():
        rule = ours(row)
        if rule is None:
            continue
        compared += 1
        period: Period = rules_for("00").period(rule, on=ON)
        wanted = (int(row["deadline"]), UNITS[row["unit"]])
        articles = re.search(r"第([\d/]+)条|(\d+\.\d+)", row["article"])
        assert articles is not None, row
        if (period.amount, period.unit) != wanted:
            differences.append(f"{rule}: {period.amount} {period.unit}, table {wanted}")
        if period.source.article not in (articles[1] or articles[2]).split("/"):
            differences.append(f"{rule}: art. {period.source.article}, table {row['article']}")
    assert differences == []
    assert compared == 27


def test_the_hours_of_the_flaw_report_and_the_first_days_agree_too() -> None:
    rows = {row["rule"]: row for row in national_rows()}
    report = next(row for rule, row in rows.items() if rule.startswith("Report a product flaw"))
    answer = rules_for("00").amount("incidents.flaw_report", on=ON)
    assert (str(answer.number), answer.unit) == (report["deadline"], report["unit"].removesuffix("s"))
    assert (
        rules_for("00").period("requests.delivery", on=ON).from_day.isoformat() == rows["Decree in force"]["deadline"]
    )


#: Clause with a figure of working days or years → place, a day in force there, our rule.
CLAUSE_RULES: dict[str, tuple[str, date, str]] = {
    "GZ2020-09g": ("52", date(2024, 6, 3), "catalog.full_review"),
    "GZ2020-09h": ("52", date(2024, 6, 3), "catalog.update"),
    "GD2008-22a": ("44", date(2015, 6, 1), "requests.answer_conditional"),
    "GD2018-09c": ("44", date(2020, 6, 1), "catalog.update"),
    "GD2018-19d": ("44", date(2020, 6, 1), "requests.answer_conditional"),
    "NX-08b": ("64", date(2026, 11, 23), "catalog.update"),
    "DZ-13": ("5117", date(2024, 9, 2), "catalog.update"),
    "DZ-18d": ("5117", date(2024, 9, 2), "requests.answer_conditional"),
    "DZ-20a": ("5117", date(2024, 9, 2), "resources.refresh"),
    "DZ-22a": ("5117", date(2024, 9, 2), "corrections.report"),
    "DZ-22b": ("5117", date(2024, 9, 2), "corrections.answer"),
    "NAT2022-2.3d": ("00", date(2024, 6, 3), "resources.register"),
    "NAT2022-2.3e": ("00", date(2024, 6, 3), "catalog.refresh_entry"),
}
#: A yearly list of what to open: a room that does not exist yet.
WITHOUT_RULE = {"NAT2022-5.4d"}


def clause_rows() -> list[dict[str, str]]:
    if not CLAUSES.is_file():
        pytest.skip("the shared table of clauses is not beside the repository")
    with CLAUSES.open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["deadline"]]


def test_every_clause_with_a_length_of_time_has_its_rule() -> None:
    assert {row["id"] for row in clause_rows()} == set(CLAUSE_RULES) | WITHOUT_RULE


def test_every_length_of_the_clauses_is_the_length_that_the_place_had_then() -> None:
    for row in clause_rows():
        if row["id"] in WITHOUT_RULE:
            continue
        place, on, rule = CLAUSE_RULES[row["id"]]
        period = rules_for(place).period(rule, on=on)
        answers = [period, *period.also]
        own = next(answer for answer in answers if answer.pack.id != "cn" or place == "00")
        number, unit = row["deadline"].split()
        assert (own.amount, own.unit) == (int(number), Unit(unit.removesuffix("s"))), row["id"]


#: Clock table of the research note: place, day, what it says of the answer, the extension and its starting event.
ANSWERS = [
    ("44", date(2015, 6, 1), 15, "provider"),
    ("44", date(2020, 6, 1), 10, "authority_with_provider"),
    ("5117", date(2024, 9, 2), 10, "provider"),
]
SILENT_OR_LOST = [
    ("52", date(2024, 6, 3)),
    ("14", date(2024, 6, 3)),
    ("46", date(2024, 6, 3)),
    ("12", date(2024, 6, 3)),
    ("34", date(2024, 6, 3)),
]


@pytest.mark.parametrize(("place", "on", "days", "decider"), ANSWERS)
def test_the_clock_table_s_answers_start_at_receipt_and_are_given_by_its_deciders(
    place: str, on: date, days: int, decider: str
) -> None:
    rules = rules_for(place)
    period = rules.period("requests.answer_conditional", on=on)
    assert (period.amount, period.unit, period.counts_from) == (days, Unit.WORKING_DAY, "request.received")
    assert rules.choice("requests.deciders", on=on).value == decider
    assert not rules.has("requests.extension", on=on)


@pytest.mark.parametrize(("place", "on"), SILENT_OR_LOST)
def test_where_the_clock_table_has_no_figure_the_place_has_no_answer_of_its_own(place: str, on: date) -> None:
    assert not rules_for(place).has("requests.answer_conditional", on=on)


def test_no_local_text_gives_an_extension_but_xian() -> None:
    for pack in (
        pack
        for place in ("44", "5117", "52", "14", "46", "12", "34", "64", "23", "31")
        for pack in rules_for(place).packs
    ):
        parameter = pack.parameters.get("requests.extension")
        if pack.ref.id != "cn" and parameter is not None:
            assert all(value.amount == 0 for value in parameter.values), pack.ref.id
