"""Holdings and libraries for programs: counts for whoever may see them, values for the keeper, with a reason."""

import pytest

from hefu.kernel.actor import Actor, Role
from hefu.rooms.holdings import services
from hefu.rooms.holdings.assemble import assemble
from hefu.rooms.holdings.models import Holding
from tests.api.test_catalog import Caller, a_token
from tests.builders import NOON, a_department, the_authority
from tests.rooms.test_libraries import WHO, holdings, reviewer, stated

pytestmark = pytest.mark.django_db
__all__ = ["holdings", "reviewer"]


def test_holdings_and_libraries_are_read_page_by_page_within_what_the_caller_may_see(
    holdings: list[Holding], reviewer: Actor
) -> None:
    library = services.define_library(stated=stated(holdings), actor=reviewer, clock=NOON)
    keeper = Caller(a_token(the_authority(), Role.REVIEWER))
    police, stranger = Caller(a_token(holdings[0].department)), Caller(a_token(a_department("市文旅局")))
    first = keeper.get("holdings?size=1")
    second = keeper.get(f"holdings?size=1&cursor={first['next']}")
    assert [one["holdings"][0]["number"] for one in (first, second)] == [row.number for row in holdings[::-1]]
    assert (second["holdings"][0]["rows"], second["next"]) == (20, "")
    assert [one["number"] for one in police.get("holdings")["holdings"]] == [holdings[0].number]
    assert stranger.get("holdings")["holdings"] == []
    stranger.get(f"holdings/{holdings[0].number}", 404)
    one = keeper.get(f"holdings/{holdings[0].number}")
    assert (one["kept_days"], one["oldest_readable"]) == (None, 1)
    assert one["readable_since"]
    assert police.send("POST", f"holdings/{holdings[0].number}/collect", {})["open_run"]
    at = f"libraries/{library.number}"
    assert keeper.send("POST", f"{at}/assemble", {})["status"] == "waiting"
    assemble(library.pk, clock=NOON)
    assert [one["rows"] for one in keeper.get(f"{at}/versions?size=1")["versions"]] == [20]
    assert keeper.get(f"{at}/versions?cursor=1") == {"versions": [], "next": ""}
    keeper.get(f"{at}/versions?cursor=x", 422)
    told = keeper.get(at)
    assert (told["conflicts"], told["subjects"]) == ({"name": 1}, 20)
    assert (told["kept_days"], told["next_try_at"], told["error_code"]) == (None, None, "")
    share = keeper.get(f"{at}/shares")["fields"][1]
    assert (share["field"], share["article"], len(share["sources"])) == ("name", "decree-809 art. 25", 2)
    seen = keeper.send("POST", f"{at}/conflicts", {"reason": "核对", "size": 1})
    assert (seen["conflicts"][0]["subject"], seen["next"]) == (WHO, "1")
    assert keeper.send("POST", f"{at}/conflicts", {"reason": "核对", "cursor": "1"})["conflicts"] == []
    keeper.send("POST", f"{at}/conflicts", {"reason": " "}, 422)
    for address in (at, f"{at}/versions", f"{at}/shares"):
        police.get(address, 404)
    police.send("POST", f"{at}/conflicts", {"reason": "核对"}, 404)
