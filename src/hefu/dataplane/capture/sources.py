"""Which sources tell their changes, and how each is followed; whoever carries a follower need not know."""

from collections.abc import Callable, Sequence
from functools import partial

from hefu.dataplane.capture import follow as postgres
from hefu.dataplane.capture.binlog.following import check_binlog_followable, follow_binlog
from hefu.dataplane.capture.reached import Reached
from hefu.dataplane.capture.shared import Captures
from hefu.dataplane.connectors.address import AddressPolicy, default_policy
from hefu.dataplane.connectors.mysql.source import MysqlSource
from hefu.dataplane.connectors.postgres.replication import SlotNow
from hefu.dataplane.connectors.postgres.source import PostgresSource

#: A source that tells its changes.
Followable = PostgresSource | MysqlSource


def follows(source: Followable, captures: Captures | None = None) -> Callable[..., Reached]:
    """Return what keeps a table in step with this source, to be called with the rest of `follow.follow`'s orders.

    Args:
        source: Where the rows are.
        captures: Where those who follow a PostgreSQL source in this process read its log together; None to read alone.
    """
    if isinstance(source, MysqlSource):
        return partial(follow_binlog, source=source)
    return partial(postgres.follow, source=source, captures=captures)


def checks(source: Followable) -> Callable[..., None]:
    """Return what sees whether this source could be followed, to be called as `follow.check_followable`."""
    if isinstance(source, MysqlSource):
        return partial(check_binlog_followable, source=source)
    return partial(postgres.check_followable, source=source)


def forget_slot(*, name: str, source: Followable, policy: AddressPolicy = default_policy) -> None:
    """Let a source forget a follower; MySQL keeps its log for nobody, so there is nothing to forget.

    Raises:
        DataPlaneRefusal: The source cannot be reached, or refuses.
    """
    if isinstance(source, PostgresSource):
        postgres.forget_slot(name=name, source=source, policy=policy)


def slots_of(*, source: Followable, names: Sequence[str], policy: AddressPolicy = default_policy) -> dict[str, SlotNow]:
    """Return what the slots among `names` that a source has cost its server; none where it keeps nothing.

    Raises:
        DataPlaneRefusal: The source cannot be reached, or refuses.
    """
    if isinstance(source, MysqlSource):
        return {}
    return postgres.slots_of(source=source, names=names, policy=policy)
