"""Where a rule stands in the law."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Citation:
    """One place in one legal text."""

    #: Id of the document in the packs, such as `decree-809`.
    document: str
    #: Article within it, as the law writes it, such as `21(2)`.
    article: str = ""
    #: Title people know it by, such as `政务数据共享条例`.
    title: str = ""

    def __str__(self) -> str:
        """Return the short form that pages and evidence show: `decree-809 art. 21(2)`."""
        return f"{self.document} art. {self.article}" if self.article else self.document

    def as_json(self) -> dict[str, str]:
        """Return the form in which evidence records it."""
        return {"document": self.document, "article": self.article, "title": self.title}
