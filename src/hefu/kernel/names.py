"""When two writings are the same name."""

import unicodedata


def folded(name: str) -> str:
    """Return a name without what two writings of it may differ in: width, case, spaces, punctuation.

    >>> folded("企业（法人） 信息 ") == folded("企业(法人)信息")
    True
    """
    narrow = unicodedata.normalize("NFKC", name).casefold()
    return "".join(sign for sign in narrow if unicodedata.category(sign)[0] not in "PZSC")
