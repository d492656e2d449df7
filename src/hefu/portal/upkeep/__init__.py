"""Pages on which the catalogue is kept whole."""
