"""Words that every part of the house uses. Standard library only."""
