"""Marks the sentences that people read, so that they can be translated where they are shown."""


def _(text: str) -> str:
    """Mark `text` for translation and return it unchanged.

    The English sentence is the key; the Chinese stands in the `locale` folder of the room or page
    that owns the sentence. Surfaces translate, rooms never do.
    """
    return text
