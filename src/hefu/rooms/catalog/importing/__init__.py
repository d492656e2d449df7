"""Taking in catalogues that others wrote: reading files, finding columns, normalising values. Pure."""
