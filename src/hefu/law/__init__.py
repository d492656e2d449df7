"""Regulation as data: dated packs, working-day calendars, counting that explains itself.

Start at `hefu.law.rules.rules_for(place)`. Pure: no Django, no clock, no database.
"""
