"""Wires the rooms together once Django has loaded them."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The composition of the whole."""

    name = "hefu.site"
    label = "site_composition"

    def ready(self) -> None:
        """Fill the list of listeners."""
        from hefu.kernel.events import wire  # noqa: PLC0415 - rooms can be imported only now
        from hefu.site.wiring import LISTENERS  # noqa: PLC0415 - rooms can be imported only now

        wire(LISTENERS)
