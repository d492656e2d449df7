"""Public numbers of the room's cases."""

from django.db import connection

from hefu.kernel.clock import Clock


def next_number(letter: str, clock: Clock) -> str:
    """Return the next number: a letter for the kind of case, the year, and six digits of one sequence."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('upkeep_number')")
        return f"{letter}{clock.today().year}-{cursor.fetchone()[0]:06d}"
