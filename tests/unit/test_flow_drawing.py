"""Pictures of flows are laid out whole: nothing overlaps, nothing gets lost without being counted."""

from itertools import pairwise

from hefu.portal.flows.drawing import MOST, Arrival, Stream, draw_lineage, draw_map


def streams(count: int) -> list[Stream]:
    return [Stream(f"甲{n % 7}", f"乙{n % 5}", n * n, f"/{n}", str(n), failed=n == 3) for n in range(count)]


def test_departments_stand_below_each_other_and_ribbons_within_them() -> None:
    told = draw_map(streams(20))
    assert (len(told.ribbons), told.left_out) == (20, 0)
    assert [one.title for one in told.ribbons if one.failed] == ["3"]
    for side in {one.x for one in told.nodes}:
        here = sorted((float(one.y), float(one.height)) for one in told.nodes if one.x == side)
        assert all(top + high <= below for (top, high), (below, _high) in pairwise(here))
        assert here[-1][0] + here[-1][1] <= told.height


def test_of_very_many_the_greatest_are_drawn_and_the_others_counted() -> None:
    told = draw_map(streams(MOST + 9))
    assert (len(told.ribbons), told.left_out) == (MOST, 9)
    assert "8" not in {one.title for one in told.ribbons}


def test_a_flow_without_rows_is_drawn_as_well() -> None:
    assert len(draw_map([Stream("甲", "乙", 0, "/", "none")]).ribbons) == 1


def test_each_column_is_joined_to_its_item_and_each_item_to_where_it_goes() -> None:
    items = [("xm", "姓名", "name"), ("sfz", "证件号码", "id_number"), ("bz", "备注", "")]
    arrivals = [
        Arrival("民政局", "G1", "/g1", {"xm": ("name", "covered"), "sfz": ("idno", "")}),
        Arrival("医保局", "G2", "/g2", {"bz": ("note", "")}),
    ]
    told = draw_lineage(("public.people", "人口库", "/s"), ("人口信息", "code", "/e"), items, arrivals)
    assert [[cell.whole for cell in box.cells] for box in told.boxes] == [
        ["name", "id_number"], ["姓名", "证件号码", "备注"], ["name", "idno"], ["note"],
    ]  # fmt: skip
    assert [line.masked for line in told.lines] == [False, False, True, False, False]
    third, fourth = told.boxes[2:]
    assert third.y + third.height < fourth.y
    assert fourth.y + fourth.height <= told.height


def test_who_may_not_know_the_source_sees_none() -> None:
    told = draw_lineage(("", "", ""), ("人口信息", "code", "/e"), [("xm", "姓名", "")], [])
    assert [box.title for box in told.boxes] == ["人口信息"]
    assert told.lines == ()
