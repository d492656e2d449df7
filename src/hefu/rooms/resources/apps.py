"""Django's name for the room."""

from django.apps import AppConfig


class ResourcesConfig(AppConfig):
    """The resources room."""

    name = "hefu.rooms.resources"
    label = "resources"
    default_auto_field = "django.db.models.BigAutoField"
