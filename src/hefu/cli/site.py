"""What a command needs before it may call a room: settings, Django, and a database that answers."""

import os

from hefu.kernel.words import _
from hefu.node.config import Config, load
from hefu.node.reach import reach


def prepare_site() -> Config:
    """Load the settings and the rooms, and return the node's configuration.

    Raises:
        SettingRejected: A setting is wrong.
        DatabaseAway: The database does not answer.
    """
    config = load(os.environ)
    require_database(config)
    prepare_django()
    return config


def require_database(config: Config) -> None:
    """See that the node's database answers.

    Raises:
        DatabaseAway: It does not; the sentence says how to start it.
        DatabaseUnfit: The platform cannot run on it.
    """
    way_on = (
        _("Start it with 'hefu up' or, alone, 'hefu db', in another window.")
        if config.embedded
        else _("Check HEFU_DATABASE_URL and the server it names.")
    )
    reach(config.address(), way_on=way_on)


def prepare_django() -> None:
    """Load Django's settings and every room; the database is not asked."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hefu.site.settings")
    import django

    django.setup()
