"""Django's name for the room."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """The evidence room."""

    name = "hefu.rooms.evidence"
    label = "evidence"
    default_auto_field = "django.db.models.BigAutoField"
