"""Django's name for the room."""

from django.apps import AppConfig


class DeliveriesConfig(AppConfig):
    """The deliveries room."""

    name = "hefu.rooms.deliveries"
    label = "deliveries"
    default_auto_field = "django.db.models.BigAutoField"
