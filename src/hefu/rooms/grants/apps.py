"""Django's name for the room."""

from django.apps import AppConfig


class GrantsConfig(AppConfig):
    """The grants room."""

    name = "hefu.rooms.grants"
    label = "grants"
    default_auto_field = "django.db.models.BigAutoField"
