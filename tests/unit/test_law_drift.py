"""Drift under a corrected pack or an imported notice, and the registry of documents."""

from dataclasses import replace
from datetime import date

from hefu.kernel.citation import Citation
from hefu.law import load
from hefu.law.calendar import add_notice, calendar_for
from hefu.law.documents import no_longer_holding, of_ranks, registry
from hefu.law.drift import Running, drift
from hefu.law.model import Pack
from hefu.law.rules import Rules, chain, rules_for
from hefu.law.terms import Rank

GUANGDONG = rules_for("440000")
START = date(2026, 12, 21)


def running(rule: str, start: date, *, rules: Rules = GUANGDONG, units: int | None = None) -> Running:
    deadline = rules.period(rule, on=start).count_from(start, amount=units)
    return Running(f"case of {start}", "440000", start, deadline, units)


def corrected(amount: int) -> tuple[Pack, ...]:
    """Return the shipped packs with another figure for the answer under the decree."""

    def mend(pack: Pack) -> Pack:
        if pack.ref.id != "cn":
            return pack
        parameter = pack.parameters["requests.answer_conditional"]
        values = (*parameter.values[:-1], replace(parameter.values[-1], amount=amount))
        return replace(pack, parameters={**pack.parameters, parameter.rule: replace(parameter, values=values)})

    return tuple(mend(pack) for pack in load.shipped())


def test_nothing_drifts_under_the_packs_it_was_counted_by() -> None:
    cases = [running("requests.answer_conditional", START), running("requests.delivery", date(2026, 3, 2))]
    assert drift(cases) == ()


def test_a_corrected_pack_reports_the_cases_that_would_move_and_by_how_much() -> None:
    mended = chain("440000", corrected(8), calendar_for("440000"))
    cases = [running("requests.answer_conditional", date(2026, 3, 2)), running("requests.delivery", date(2026, 3, 2))]
    (found,) = drift(cases, lambda place: mended)
    assert (found.id, found.moved, found.days) == ("case of 2026-03-02", True, -4)
    assert found.before.due_on == date(2026, 3, 16)


def test_an_imported_notice_reports_dates_that_become_final_even_when_they_stay() -> None:
    text = 'year: 2027\nplace: "00"\nnotice: invented\nrest: {new_year: ["01-01..01-03"]}\n'
    longer = add_notice(calendar_for("440000"), text, "2027.yaml")
    case = running("requests.answer_conditional", START)
    (found,) = drift([case], lambda place: chain(place, load.shipped(), longer))
    assert found.before.provisional
    assert found.after is not None
    assert not found.after.provisional
    assert (found.moved, found.days) == (False, 0)


def test_a_rule_that_is_gone_leaves_no_date_and_names_the_refusal() -> None:
    without = chain("440000", [pack for pack in load.shipped() if pack.ref.id != "cn"], calendar_for("440000"))
    (found,) = drift([running("requests.delivery", date(2026, 3, 2))], lambda place: without)
    assert found.after is None
    assert found.moved
    assert found.why_none == "law.no_rule_in_force"


def test_a_chosen_length_above_the_new_ceiling_leaves_no_date() -> None:
    case = running("requests.answer_conditional", date(2026, 3, 2), units=9)
    (found,) = drift([case], lambda place: chain(place, corrected(8), calendar_for(place)))
    assert found.after is None
    assert "9 is outside what requests.answer_conditional allows" in found.why_none


def test_a_document_knows_the_packs_that_cite_it_and_the_days_on_which_it_holds() -> None:
    old = registry()["guangzhou-75"]
    assert old.packs == ("cn-4401",)
    assert [old.holds(day) for day in (date(2012, 8, 31), date(2012, 9, 1), date(2019, 6, 30), date(2019, 7, 1))] == [
        False,
        True,
        True,
        False,
    ]


def test_what_rests_on_an_ended_document_is_found_from_the_day_after_its_last() -> None:
    cited = [Citation("guangzhou-75", "4"), Citation("decree-809", "15"), Citation("some-circular", "1")]
    assert no_longer_holding(cited, on=date(2019, 6, 30)) == ()
    assert no_longer_holding(cited, on=date(2019, 7, 1)) == (cited[0],)


def test_a_picker_offers_only_documents_of_the_ranks_asked_for_that_hold() -> None:
    found = of_ranks([Rank.RULE, Rank.ADMINISTRATIVE_REGULATION], on=date(2026, 1, 5))
    assert [document.id for document in found] == [
        "decree-809",
        "disclosure-711",
        "network-data-790",
        "guangdong-order-290",
        "guangzhou-165",
    ]
