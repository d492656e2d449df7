"""CKAN: catalogues of other portals, read by its Action API."""
