"""Sending the same many entries twice: a key that the sender makes up, and the answer that was given for it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.ids import new_id
from hefu.rooms.catalog import errors
from hefu.rooms.catalog.models import Answered

#: How long an answer is kept, and how long a sender may be at work before another try takes over.
KEPT = timedelta(days=1)
AT_WORK = timedelta(minutes=2)


def answer_once(
    *, key: str, digest: str, work: Callable[[], dict[str, Any]], actor: Actor, clock: Clock
) -> tuple[dict[str, Any], bool]:
    """Do the work for a key once; return its answer, and whether it had been given before.

    A process that dies at work leaves the key behind; a later try with it works again, which is harmless where the
    work itself may be repeated.

    Args:
        key: Made up by the sender, for one request.
        digest: Of what was sent: a key stands for one body.
        work: What is to be done once.
        actor: Who sends; keys of others are other keys.
        clock: For its times.

    Raises:
        KeyReused: The key was sent with something else.
        StillAtWork: The first request with this key has not been answered yet.
    """
    now = clock.now()
    Answered.objects.filter(at__lt=now - KEPT).delete()
    department: Any = actor.department_id
    own = Answered.objects.filter(by=actor.id, department=department, key=key)
    try:
        with transaction.atomic():
            row = Answered.objects.create(
                id=new_id(now), by=actor.id, department_id=actor.department_id, key=key, digest=digest, at=now
            )
    except IntegrityError:
        found = own.first()
        if found is None:  # the other request failed just now and took its key back
            raise errors.StillAtWork(key=key) from None
        row = found
        if row.digest != digest:
            raise errors.KeyReused(key=key) from None
        if row.answer is not None:
            return row.answer, True
        if not own.filter(answer__isnull=True, at__lt=now - AT_WORK).update(at=now):
            raise errors.StillAtWork(key=key) from None
    try:
        answer = work()
    except BaseException:
        own.filter(answer__isnull=True).delete()
        raise
    own.update(answer=answer)  # the key may have run out meanwhile; the work is done all the same
    return answer, False
