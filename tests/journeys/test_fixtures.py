"""The fixtures that other tests stand on."""

from collections.abc import Callable

from tests.conftest import Database


def test_two_databases_of_one_test_do_not_see_each_other(make_database: Callable[[], Database]) -> None:
    one, other = make_database(), make_database()
    one.run("CREATE TABLE people (name text)")
    assert one.run("SELECT count(*) FROM people") == [(0,)]
    assert other.run("SELECT to_regclass('people')") == [(None,)]
