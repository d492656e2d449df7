"""Statutory periods that run: started by a case, counted by the law, watched by the sweep."""
