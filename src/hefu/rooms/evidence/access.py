"""Who may read evidence."""

from django.db.models import Q

from hefu.kernel.actor import Actor, Role


def visible(viewer: Actor) -> Q:
    """Return the filter of entries that `viewer` may read.

    The auditor reads all; the authority's reviewer and supervisor too; a department reads what
    concerns it. The operator reads none: who runs the machine does not read the record.
    """
    if viewer.is_system or viewer.has(Role.AUDITOR):
        return Q()
    if viewer.of_authority and viewer.has(Role.REVIEWER, Role.SUPERVISOR, Role.CHIEF):
        return Q()
    if viewer.department_id and viewer.has(Role.OFFICER, Role.CHIEF):
        return Q(concerns__contains=[viewer.department_id])
    return Q(pk__in=[])
