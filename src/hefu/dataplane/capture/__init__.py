"""Follows the changes of a source's table, transaction by transaction, into a consumer's table."""
