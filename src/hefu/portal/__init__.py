"""HTML pages, by room. They show, ask and translate; every rule is in a room."""
