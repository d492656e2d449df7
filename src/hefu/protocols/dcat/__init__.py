"""DCAT-AP 3.0.1: the catalogue as linked data."""
