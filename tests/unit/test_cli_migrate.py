"""Steps that stand for older ones."""

import pytest

from hefu.cli.migrate import require_all_or_none
from hefu.node.errors import TablesTooOld

OLD = [("parties", "0001_initial"), ("parties", "0002_token")]


def test_a_step_stands_for_older_ones_when_all_or_none_of_them_were_done() -> None:
    require_all_or_none("parties", OLD, {*OLD, ("catalog", "0001_initial")})
    require_all_or_none("parties", OLD, {("catalog", "0001_initial")})
    with pytest.raises(TablesTooOld, match="parties"):
        require_all_or_none("parties", OLD, {OLD[0]})
