"""Django's name for the portal."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The pages."""

    name = "hefu.portal"
    label = "portal"
