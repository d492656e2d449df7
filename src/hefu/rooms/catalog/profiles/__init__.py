"""Profiles: how one guide, draft or province numbers entries and writes the values that we keep in our own words.

A profile is data: a YAML file here, or one of a province's own that the node's settings name. The code
knows parts of codes and tables of values, never a guide.
"""

from hefu.rooms.catalog.profiles.classes import Classes
from hefu.rooms.catalog.profiles.codes import CodeFacts, CodeRule
from hefu.rooms.catalog.profiles.load import BUILT_IN, profile
from hefu.rooms.catalog.profiles.model import Extension, ExtensionKind, Profile, extension_fault
from hefu.rooms.catalog.profiles.tables import Table

__all__ = [
    "BUILT_IN",
    "Classes",
    "CodeFacts",
    "CodeRule",
    "Extension",
    "ExtensionKind",
    "Profile",
    "Table",
    "extension_fault",
    "profile",
]
