"""Legal texts: typed and dated, with everything that rests on them, so that a repeal reaches what it touches."""
