"""How the parts of a node tell what they do: in sentences that a surface can still put in its language."""

from collections.abc import Callable

from hefu.kernel.words import Sentence

__all__ = ["Say", "Sentence"]

#: Is told a `Sentence`; `print` will do.
Say = Callable[[str], None]
