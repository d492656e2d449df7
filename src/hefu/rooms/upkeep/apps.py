"""Django's name for the room."""

from django.apps import AppConfig


class UpkeepConfig(AppConfig):
    """The room that keeps the catalogue whole."""

    name = "hefu.rooms.upkeep"
    label = "upkeep"
    default_auto_field = "django.db.models.BigAutoField"
