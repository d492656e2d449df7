"""Django's name for the room."""

from django.apps import AppConfig


class HoldingsConfig(AppConfig):
    """The holdings room."""

    name = "hefu.rooms.holdings"
    label = "holdings"
    default_auto_field = "django.db.models.BigAutoField"
