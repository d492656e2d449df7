"""Collections that start each time after another holding was collected. What is due stays due until it is started."""

from django.db import connection

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import InputsRejected, NotFound
from hefu.kernel.timetable import IN_A_RING, After, ring, stated
from hefu.kernel.words import Sentence, _
from hefu.rooms.holdings import queries
from hefu.rooms.holdings.models import Holding

#: First number of the advisory lock under which what waits for what is set: two at once could close a ring.
_LOCK = 0x41465448


def require_followable(row: Holding, said: After, *, actor: Actor) -> None:
    """Let a holding wait for another one; call it in a transaction.

    Raises:
        InputsRejected: There is none that the actor may see, it is over, or they would wait for each other.
    """
    if not said.number.startswith("H"):
        raise _rejected(
            _("A collection waits for the collection of another holding alone, such as “after H2026-000001”.")
        )
    try:
        other = queries.holding(said.number, viewer=actor)
    except NotFound:
        raise _rejected(Sentence(_("There is no {number} that you may see."), number=said.number)) from None
    if other.closed_at is not None:
        raise _rejected(Sentence(_("{number} is over: nothing will follow it."), number=said.number))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_LOCK])
    if round_ := ring(row.number, said.number, _waits(besides=row)):
        named = [one if one in (row.number, said.number) else "…" for one in round_]
        raise _rejected(Sentence(IN_A_RING, ring=" → ".join(named)))


def _waits(*, besides: Holding) -> dict[str, str]:
    """Return which holding waits for which."""
    rows = Holding.objects.filter(closed_at__isnull=True).exclude(pk=besides.pk).exclude(timetable="")
    told = ((number, stated(text)) for number, text in rows.values_list("number", "timetable"))
    return {number: said.number for number, said in told if isinstance(said, After)}


def collections_follow(holding: str, *, clock: Clock) -> None:
    """Let the collections that wait for a holding be due; one that is due already stays so since then."""
    # Those that are due are locked as well: one that is just being started may have looked before this happened.
    rows = Holding.objects.select_for_update().filter(timetable__icontains=holding, closed_at__isnull=True)
    for row in rows.order_by("pk"):
        if row.next_at is None and stated(row.timetable) == After(holding):
            row.next_at = clock.now()
            row.save(update_fields=["next_at"])


def _rejected(why: str) -> InputsRejected:
    return InputsRejected(problems={"timetable": why})
