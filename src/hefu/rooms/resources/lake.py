"""Where the node's lake lies: in its home, or in the S3-compatible store that whoever runs the node has stated."""

from dataclasses import replace

from django.conf import settings

from hefu.dataplane.connectors.s3.connection import S3Connection
from hefu.dataplane.lake.table import LakeTable
from hefu.node.config import Config


def lake_store(config: Config) -> S3Connection | None:
    """Return the store's folder that is the lake, its key inside; None where the lake lies in the home.

    Raises:
        SettingRejected: What is stated of the store is not whole.
    """
    stated = config.lake_place()
    if stated is None:
        return None
    return S3Connection(
        stated.host,
        stated.port,
        stated.bucket,
        stated.access_key,
        stated.secret_key,
        folder=stated.folder,
        region=stated.region,
        tls="verify-full" if stated.encrypted else "disable",
    )


def lake_table(name: str) -> LakeTable:
    """Return the table of a holding or library, which is called by its id."""
    config: Config = settings.HEFU
    store = lake_store(config)
    if store is None:
        return LakeTable(config.places.lake / name)
    return LakeTable(config.places.lake_copies / name, replace(store, folder=f"{store.folder}/{name}"))
