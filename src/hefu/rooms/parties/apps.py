"""Django's name for the room."""

from django.apps import AppConfig


class PartiesConfig(AppConfig):
    """The parties room."""

    name = "hefu.rooms.parties"
    label = "parties"
    default_auto_field = "django.db.models.BigAutoField"
