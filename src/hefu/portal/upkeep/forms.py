"""Forms of upkeep."""

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hefu.portal.forms import OfficeForm, choices
from hefu.portal.picking import Picker, Suggesting
from hefu.rooms.resources.terms import NETWORK_NAMES, Network


class TaskFileForm(OfficeForm):
    """A list of duties."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or XLSX with a column of duties, and where you have them business items, numbers and basis."),
        max_length=200,
    )


class TaskForm(OfficeForm):
    """One duty or business item."""

    needed = frozenset({"duty"})
    duty = forms.CharField(label=_("Duty"), max_length=300)
    business = forms.CharField(
        label=_("Business item"), max_length=300, required=False, help_text=_("Under the duty; may stay empty.")
    )
    code = forms.CharField(label=_("Own number"), max_length=60, required=False)
    basis = forms.CharField(label=_("Basis"), max_length=300, required=False, help_text=_("Charter or legal text."))


class MoveForm(OfficeForm):
    """Business items, and the duty under which they are to stand."""

    items = forms.MultipleChoiceField(label=_("Business items"), required=False, widget=forms.CheckboxSelectMultiple)
    duty = forms.ChoiceField(label=_("Under the duty"), widget=Picker)

    def __init__(self, *args: Any, items: list[tuple[str, str]], duties: list[tuple[str, str]], **kwargs: Any) -> None:
        """Offer the items and the other duties of the department."""
        super().__init__(*args, **kwargs)
        self.fields["items"].choices = items  # type: ignore[attr-defined]
        self.fields["duty"].choices = [("", "—"), *duties]  # type: ignore[attr-defined]


class TieForm(OfficeForm):
    """To what an entry is tied: everything ticked is, everything else is not."""

    systems = forms.MultipleChoiceField(
        label=_("Information systems"), required=False, widget=forms.CheckboxSelectMultiple
    )
    tasks = forms.MultipleChoiceField(
        label=_("Duties and business items"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, systems: list[tuple[str, str]], tasks: list[tuple[str, str]], **kwargs: Any) -> None:
        """Offer the systems and tasks of the entry's department."""
        super().__init__(*args, **kwargs)
        self.fields["systems"].choices = systems  # type: ignore[attr-defined]
        self.fields["tasks"].choices = tasks  # type: ignore[attr-defined]


class SettleForm(OfficeForm):
    """What the authority finds of two like entries: one source for all items, one for each, or different data."""

    finding = forms.ChoiceField(label=_("Finding"), widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(
        self,
        *args: Any,
        departments: list[tuple[str, str]],
        items: list[tuple[str, str, dict[str, str]]],
        **kwargs: Any,
    ) -> None:
        """Offer the departments as source of everything or of each item.

        Args:
            args: As for a form.
            departments: Id and name of both providers.
            items: For each two items that are alike: name of their field, of the first item, and the departments that
                are named already.
            kwargs: As for a form.
        """
        super().__init__(*args, **kwargs)
        one = gettext("One datum; its source is {department}")
        each = [("each", gettext("One datum; each item has the source chosen beside it"))] if items else []
        self.fields["finding"].choices = [  # type: ignore[attr-defined]
            *((pk, one.format(department=name)) for pk, name in departments),
            *each,
            ("different", gettext("Different data")),
        ]
        for field, name, named in items:
            offered = dict(departments) | named
            self.fields[field] = forms.ChoiceField(
                label=gettext("Source of {item}").format(item=name),
                required=False,
                initial=next(iter(named), ""),
                choices=[("", gettext("not one datum")), *offered.items()],
            )

    def items(self) -> list[BoundField]:
        """Return the fields of the items, in their order."""
        return [self[name] for name in self.fields if name.startswith("item-")]


class TakeBackForm(OfficeForm):
    """Why a finding is taken back."""

    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class OverlapForm(OfficeForm):
    """Whose values may be compared, and why."""

    needed = frozenset({"items", "reason"})
    items = forms.MultipleChoiceField(label=_("Items"), required=False, widget=forms.CheckboxSelectMultiple)
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, items: list[tuple[str, str]], **kwargs: Any) -> None:
        """Offer the items whose values may be compared."""
        super().__init__(*args, **kwargs)
        self.fields["items"].choices = items  # type: ignore[attr-defined]


class AssessForm(OfficeForm):
    """A second person's word on the assessments."""

    agrees = forms.ChoiceField(label=_("The assessments"), widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed for an objection."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer both words."""
        super().__init__(*args, **kwargs)
        self.fields["agrees"].choices = [  # type: ignore[attr-defined]
            ("yes", gettext("are right")),
            ("no", gettext("are wrong")),
        ]


class RoundForm(OfficeForm):
    """How long others may comment."""

    until = forms.DateField(label=_("Last day for comments"), widget=forms.DateInput(attrs={"type": "date"}))


class PublicRoundForm(RoundForm):
    """How long others may comment, and whether everybody is heard."""

    public = forms.BooleanField(
        label=_("Hear everybody"),
        required=False,
        help_text=_("Anyone may comment without signing in; each comment is looked at before it shows."),
    )


class PublicCommentForm(OfficeForm):
    """What one of the public says on a draft."""

    text = forms.CharField(label=_("Your comment"), max_length=2000, widget=forms.Textarea(attrs={"rows": 6}))
    speaker = forms.CharField(
        label=_("Your name"), required=False, max_length=80, help_text=_("Shown beside your comment; may stay empty.")
    )


class CommentForm(OfficeForm):
    """What a department says on a draft."""

    text = forms.CharField(label=_("Comment"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))


class OpenForm(OfficeForm):
    """The last day of a full review, where no law names it."""

    due_on = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("May stay empty where the law of the place says how often a catalogue is gone through."),
    )


class NeedForm(OfficeForm):
    """What is needed, and for what."""

    needed = frozenset({"name", "items", "purpose"})
    name = forms.CharField(label=_("Data needed"), max_length=200)
    items = forms.CharField(
        label=_("Items"), widget=forms.Textarea(attrs={"rows": 3}), help_text=_("In words, one after the other.")
    )
    purpose = forms.CharField(label=_("Purpose"), widget=forms.Textarea(attrs={"rows": 3}))
    basis = forms.CharField(label=_("Legal basis"), max_length=300, required=False)


class WordForm(OfficeForm):
    """What somebody says on a need, and with whom it goes on."""

    deed = forms.ChoiceField(label=_("Word"), widget=forms.RadioSelect)
    department = forms.CharField(
        label=_("Source department"),
        required=False,
        help_text=_("Name or credit code, in full."),
        widget=Suggesting("departments"),
    )
    entry = forms.CharField(label=_("Code of the entry"), required=False, max_length=60)
    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, deeds: list[tuple[str, str]], **kwargs: Any) -> None:
        """Offer what is possible now, and only the fields it takes."""
        super().__init__(*args, **kwargs)
        self.fields["deed"].choices = deeds  # type: ignore[attr-defined]
        possible = {deed for deed, _word in deeds}
        if "assign" not in possible:
            del self.fields["department"]
        if "meet" not in possible:
            del self.fields["entry"]


class TakeForm(OfficeForm):
    """What the entry is to be called, and the system whose data it is."""

    name = forms.CharField(label=_("Name of the entry"), max_length=200)
    system = forms.ChoiceField(
        label=_("Information system"),
        required=False,
        widget=Picker,
        help_text=_("The entry is tied to it in the same step, so that coverage counts it."),
    )

    def __init__(self, *args: Any, systems: list[tuple[str, str]], **kwargs: Any) -> None:
        """Offer the systems of the department."""
        super().__init__(*args, **kwargs)
        self.fields["system"].choices = [("", "—"), *systems]  # type: ignore[attr-defined]


class BelongingForm(OfficeForm):
    """The system that a source belongs to: a registered one, or one to be registered."""

    system = forms.ChoiceField(label=_("Information system"), required=False, widget=Picker)
    name = forms.CharField(
        label=_("Name of a system to register"),
        required=False,
        max_length=200,
        help_text=_("Only when none above is it."),
    )
    description = forms.CharField(
        label=_("Description"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, systems: list[tuple[str, str]], **kwargs: Any) -> None:
        """Offer the systems of the department, the likeliest first, and the networks of a new one."""
        super().__init__(*args, **kwargs)
        self.fields["system"].choices = [("", gettext("— register a new one —")), *systems]  # type: ignore[attr-defined]
        self.fields["network"] = forms.ChoiceField(
            label=_("Network"), required=False, choices=choices(NETWORK_NAMES), initial=Network.EXTRANET.value
        )
        self.order_fields(["system", "name", "network", "description"])

    def clean_network(self) -> Network:
        """Return the network as the room takes it."""
        return Network(self.cleaned_data["network"] or Network.EXTRANET)
