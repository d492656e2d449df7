"""Many counts in one statement."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hefu.portal.counting import counted
from hefu.rooms.parties.models import Department, Person
from tests.builders import a_department

pytestmark = pytest.mark.django_db


def test_each_query_is_counted_in_one_statement_with_its_own_values() -> None:
    for name in ("甲局", "50% 局", "丙局"):
        a_department(name)
    all_, some = Department.objects.all(), Department.objects.filter(name__contains="50%")
    with CaptureQueriesContext(connection) as asked:
        found = counted([all_, some, Person.objects.none(), all_.filter(seats__isnull=True).distinct()])
    assert len(asked) == 1
    assert found == [3, 1, 0, 3]
    assert counted([]) == []
