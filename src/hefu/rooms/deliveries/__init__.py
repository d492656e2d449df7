"""Data that leaves under a grant: started, carried by the worker, reconciled, proved."""
