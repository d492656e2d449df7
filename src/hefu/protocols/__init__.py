"""Outside protocols, one folder each: what goes over the wire, pure, and who serves or asks it."""
