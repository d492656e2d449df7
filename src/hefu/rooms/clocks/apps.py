"""Django's name for the room."""

from django.apps import AppConfig


class ClocksConfig(AppConfig):
    """The clocks room."""

    name = "hefu.rooms.clocks"
    label = "clocks"
    default_auto_field = "django.db.models.BigAutoField"
