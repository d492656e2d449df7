"""Requests for data: asked by the consumer, decided by whom the law names, within its time."""
