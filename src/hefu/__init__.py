"""Hefu 合符: government data shared under the law, with a signed ticket and a receipt for every delivery."""

__version__ = "0.1.0"
