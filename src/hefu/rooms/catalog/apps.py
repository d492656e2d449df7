"""Django's name for the room."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """The catalogue room."""

    name = "hefu.rooms.catalog"
    label = "catalog"
    default_auto_field = "django.db.models.BigAutoField"
