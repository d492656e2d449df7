"""Django's name for the room."""

from django.apps import AppConfig


class RequestsConfig(AppConfig):
    """The requests room."""

    name = "hefu.rooms.requests"
    label = "requests"
    default_auto_field = "django.db.models.BigAutoField"
