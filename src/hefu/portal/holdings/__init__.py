"""Pages of holdings."""
