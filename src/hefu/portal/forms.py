"""Forms as officers fill them in: sections, help, articles, and every fault named at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from django import forms
from django.forms.boundfield import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hefu.kernel.citation import Citation
from hefu.kernel.refusal import InputsRejected, NotFound, Refusal
from hefu.portal.refusals import sentence
from hefu.portal.words import say

Result = TypeVar("Result")

#: How a day is asked for.
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


@dataclass(frozen=True)
class Section:
    """A part of a form under one heading."""

    #: Marked word.
    title: str | Promise
    fields: tuple[str, ...]
    #: Marked sentence under the heading.
    help: str = ""


@dataclass(frozen=True)
class Fault:
    """One entry of the summary on top: what is wrong, and where."""

    #: Id of the field it jumps to; empty for the form as a whole.
    target: str
    label: str
    sentence: str


@dataclass
class Refused:
    """A refusal that a form shows instead of leaving the page."""

    sentence: str
    code: str
    citation: Citation | None
    status: int


class OfficeForm(forms.Form):
    """Django's form with our furniture. The browser's own checks are off: the page names everything at once."""

    use_required_attribute = False
    #: Headings and their fields; without them the fields stand in one part.
    sections: ClassVar[tuple[Section, ...]] = ()
    #: Field → the article for which it is asked.
    articles: ClassVar[Mapping[str, Citation]] = {}
    #: Fields that the room needs; the room names them, so that everything missing is named at once.
    needed: ClassVar[frozenset[str]] = frozenset()
    #: Whether fields that may stay empty say so; not where a draft may lack what is needed in the end.
    marks_optional: ClassVar[bool] = True

    refused: Refused | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Give every field its one id, so that the summary can jump there."""
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self._leave_to_room()
        self.explained: dict[str, Citation] = dict(self.articles)

    def _leave_to_room(self) -> None:
        """Let the room say what is missing of the fields that it needs."""
        for name in self.needed & set(self.fields):
            self.fields[name].required = False

    def parts(self) -> Iterator[tuple[Section | None, list[BoundField]]]:
        """Yield each section with its fields."""
        if not self.sections:
            yield None, list(self.visible_fields())
            return
        for section in self.sections:
            present = [self[name] for name in section.fields if name in self.fields]
            if present:
                yield section, present

    def faults(self) -> list[Fault]:
        """Return every fault in the order of the fields, those of the whole form first."""
        found = [Fault("", "", say(str(error))) for error in self.non_field_errors()]
        shown = [name for section in self.sections for name in section.fields]
        for name in [*shown, *(name for name in self.fields if name not in shown)]:
            if name in self.fields and name in self.errors:
                bound = self[name]
                target = bound.id_for_label or str(bound.auto_id)
                found += [Fault(target, str(bound.label), say(str(error))) for error in self.errors[name]]
        return found

    def take(self, refusal: Refusal) -> None:
        """Show `refusal` in the form: at its fields when it names them, else on top with its rule."""
        if isinstance(refusal, InputsRejected):
            for name, problem in refusal.problems.items():
                self.add_error(name if name in self.fields else None, say(problem))
            return
        self.refused = Refused(sentence(refusal), refusal.code, refusal.citation, refusal.status)

    @property
    def status(self) -> int:
        """Return the status with which the page answers."""
        if self.refused:
            return self.refused.status
        return 422 if self.is_bound and self.errors else 200


def attempt(form: OfficeForm, work: Callable[[dict[str, Any]], Result]) -> Result | None:
    """Do `work` with what was typed; a fault or a refusal is shown in the form and None returned.

    Raises:
        NotFound: The thing itself is not there: that is a page of its own.
    """
    if not form.is_valid():
        return None
    try:
        return work(form.cleaned_data)
    except NotFound:
        raise
    except Refusal as refusal:
        form.take(refusal)
        return None


def done(form: OfficeForm, work: Callable[[dict[str, Any]], object]) -> bool:
    """Do `work` as `attempt` does, and say whether it is done."""
    return attempt(form, lambda typed: (work(typed),)) is not None


class ReasonForm(OfficeForm):
    """Why something is done."""

    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


def choices(words: Mapping[Any, str], only: Iterable[Any] | None = None) -> list[tuple[str, str]]:
    """Return value → marked word as the choices of a field, in the reader's language."""
    wanted = None if only is None else set(only)
    return [(str(value), say(word)) for value, word in words.items() if wanted is None or value in wanted]
