"""Django's name for the room, and the texts that come with the packs."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate

from hefu.kernel.actor import system
from hefu.kernel.clock import SystemClock


class BasesConfig(AppConfig):
    """The room of legal bases."""

    name = "hefu.rooms.bases"
    label = "bases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Bring in the packs' documents whenever the tables are brought up to a version."""
        post_migrate.connect(_bring_in, sender=self)


def _bring_in(*, using: str, **about: Any) -> None:
    """Fill the register, unless its table is not there (any more): migrating backwards ends here as well."""
    from hefu.rooms.bases import services  # noqa: PLC0415 - the models are loaded by now

    del about
    if "bases_legaltext" in connections[using].introspection.table_names():
        services.bring_in(actor=system("migrate"), clock=SystemClock())
