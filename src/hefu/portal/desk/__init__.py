"""My desk: what a person must do today; and the search over the whole node."""
