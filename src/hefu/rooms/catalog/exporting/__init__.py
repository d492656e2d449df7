"""The catalogue as files for others: the guide's sheet, JSON, CSV. Each reads entries one after the other."""

from hefu.rooms.catalog.exporting.plain import write_csv, write_json
from hefu.rooms.catalog.exporting.reading import Exported, Sources, SourcesOf, exported
from hefu.rooms.catalog.exporting.sheet import write_sheet

__all__ = ["Exported", "Sources", "SourcesOf", "exported", "write_csv", "write_json", "write_sheet"]
