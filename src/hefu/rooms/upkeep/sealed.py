"""The one way to the salt of all sketches and to the sketches: unsealed for a comparison, never shown."""

import os
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from hefu.crypto.sealing import seal, unseal
from hefu.dataplane.sketch import SALT_BYTES, Sketch
from hefu.rooms.upkeep.models import OverlapConsent, Salt, ValueSketch

_SALT = "upkeep:salt"


@sensitive_variables("fresh", "sealed")
def salt(*, at: datetime) -> bytes:
    """Return the node's salt, made when it is needed first.

    Raises:
        SealBroken: The master key is not the one it was sealed with.
    """
    fresh = seal(settings.HEFU.master_key(), os.urandom(SALT_BYTES), purpose=_SALT)
    row, _made = Salt.objects.get_or_create(pk=1, defaults={"sealed": fresh, "made_at": at})
    return unseal(settings.HEFU.master_key(), row.sealed, purpose=_SALT)


def keep(consent: OverlapConsent, item_id: UUID, sketch: Sketch, *, at: datetime) -> None:
    """Seal a sketch for this item alone, in place of any before."""
    entry = consent.resource.entry
    sealed = seal(settings.HEFU.master_key(), sketch.to_bytes(), purpose=_purpose(consent.pk, item_id))
    ValueSketch.objects.update_or_create(
        consent=consent,
        item_id=item_id,
        defaults={"entry_id": entry.pk, "department_id": entry.provider_id, "sealed": sealed, "made_at": at},
    )


def opened(row: ValueSketch) -> Sketch:
    """Return a sketch to compare.

    Raises:
        SealBroken: The master key is not the one it was sealed with.
    """
    purpose = _purpose(row.consent_id, row.item_id)
    return Sketch.from_bytes(unseal(settings.HEFU.master_key(), row.sealed, purpose=purpose))


def _purpose(consent_id: UUID, item_id: UUID) -> str:
    return f"sketch:{consent_id}:{item_id}"
