"""The ways rows travel. The planner chooses; the consumer never sees which one ran."""
