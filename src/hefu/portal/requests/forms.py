"""Forms of requests: what is asked, and what is answered."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hefu.dataplane.filters import EVERY_ROW
from hefu.dataplane.ticket import Channel
from hefu.kernel.citation import Citation
from hefu.law.answers import Grounds
from hefu.law.terms import Language, Rank
from hefu.portal.forms import DAY, OfficeForm, Section, choices
from hefu.portal.picking import Picker
from hefu.portal.requests.words import RANK_NAMES
from hefu.portal.scope import MASKS, USUAL, ScopeField, ScopeItem, make_mask, mask_kind
from hefu.portal.words import in_chinese, name_of, say
from hefu.rooms.catalog.terms import ITEM_TYPE_NAMES, ShareType
from hefu.rooms.requests.terms import (
    BASIS_NAMES,
    CHANNEL_NAMES,
    VERDICT_NAMES,
    Answer,
    Application,
    BasisKind,
    GrantedItem,
    GroundDocument,
    LegalBasis,
    Offer,
    OfferedItem,
    Verdict,
)

if TYPE_CHECKING:
    from hefu.rooms.resources.models import Target

    Places = Iterable[Target]


class ItemChoices(forms.CheckboxSelectMultiple):
    """Boxes for items; one that is not shared cannot be ticked."""

    def __init__(self, kept_back: frozenset[str] = frozenset()) -> None:
        """Know what is kept back."""
        super().__init__(attrs={"class": "choices"})
        self.kept_back = kept_back

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return one box."""
        option = super().create_option(*args, **kwargs)
        if str(option["value"]) in self.kept_back:
            option["attrs"]["disabled"] = True
        return option


def item_label(item: OfferedItem) -> str:
    """Return an item's name, code and type, and whether it is kept back."""
    kind = name_of(item.type, ITEM_TYPE_NAMES) if item.type else ""
    label = gettext("{name} ({code}, {type})") if kind else gettext("{name} ({code})")
    told = label.format(name=item.name, code=item.code, type=kind)
    return gettext("{item}: not shared").format(item=told) if item.share_type is ShareType.NONE else told


class ApplicationForm(OfficeForm):
    """What a department asks for; a draft may lack everything."""

    marks_optional = False
    sections = (
        Section(_("What is asked"), ("items", "rows")),
        Section(_("What for"), ("purpose", "scenario", "basis_kind", "basis_title", "basis_article")),
        Section(_("How it arrives"), ("channel", "target", "term_from", "term_until")),
        Section(_("Pledge"), ("pledge",)),
    )

    purpose = forms.CharField(
        label=_("Purpose"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The duty for which the data is needed. The grant is bound to it."),
    )
    scenario = forms.CharField(
        label=_("Scenario of use"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Who uses it, at which step of which business."),
    )
    basis_title = forms.CharField(label=_("Title of the legal basis"), required=False, max_length=200)
    basis_article = forms.CharField(label=_("Article"), required=False, max_length=60)
    term_from = forms.DateField(label=_("First day of use"), required=False, widget=DAY)
    term_until = forms.DateField(label=_("Last day of use"), required=False, widget=DAY)
    pledge = forms.BooleanField(
        label=_("We pledge that what we state is true and that we use the data lawfully, safely and for this only."),
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        offer: Offer,
        targets: "Places",
        needed: dict[str, tuple[Citation, ...]] | None = None,
        **kwargs: Any,
    ) -> None:
        """Offer what the entry has.

        Args:
            args: As for a form.
            offer: The entry.
            targets: Where the department can receive.
            needed: Field → articles that ask for it.
            kwargs: As for a form.
        """
        super().__init__(*args, **kwargs)
        kept = frozenset(str(item.item_id) for item in offer.items if item.share_type is ShareType.NONE)
        self.fields["items"] = forms.MultipleChoiceField(
            label=_("Items"),
            required=False,
            widget=ItemChoices(kept),
            choices=[(str(item.item_id), item_label(item)) for item in offer.items],
            help_text=_("Only what the purpose needs."),
        )
        self.fields["rows"] = ScopeField(
            label=_("Row scope"),
            items=[ScopeItem(item.code, item.name, item.type) for item in offer.items],
            help_text=_("All conditions must hold. Without one, every row is asked for."),
        )
        self.fields["basis_kind"] = forms.ChoiceField(
            label=_("Kind of legal basis"), required=False, choices=[("", "—"), *choices(BASIS_NAMES)]
        )
        self.fields["channel"] = forms.ChoiceField(
            label=_("Channel"),
            required=False,
            widget=forms.RadioSelect,
            choices=choices(CHANNEL_NAMES, offer.channels),
        )
        self.fields["target"] = forms.ChoiceField(
            label=_("Place of delivery"),
            required=False,
            widget=Picker,
            choices=[("", "—"), *((str(one.pk), one.name) for one in targets)],
            help_text=_("A database of your department. It can be named later, on the page of the grant."),
        )
        self.explained = {field: articles[0] for field, articles in (needed or {}).items() if articles}

    @staticmethod
    def present(application: Application) -> dict[str, Any]:
        """Return what the fields hold for `application`."""
        basis = application.basis
        return {
            "items": [str(item) for item in application.item_ids],
            "rows": application.rows,
            "purpose": application.purpose,
            "scenario": application.scenario,
            "basis_kind": basis.kind if basis else "",
            "basis_title": basis.title if basis else "",
            "basis_article": basis.article if basis else "",
            "channel": application.channel or "",
            "target": str(application.target_id or ""),
            "term_from": application.term_from,
            "term_until": application.term_until,
            "pledge": application.pledge,
        }

    def application(self) -> Application:
        """Return what is asked, as the room takes it."""
        typed = self.cleaned_data
        basis = None
        if typed["basis_kind"]:
            basis = LegalBasis(BasisKind(typed["basis_kind"]), typed["basis_title"], typed["basis_article"])
        return Application(
            purpose=typed["purpose"],
            scenario=typed["scenario"],
            basis=basis,
            item_ids=tuple(UUID(item) for item in typed["items"]),
            rows=typed["rows"],
            channel=Channel(typed["channel"]) if typed["channel"] else None,
            target_id=UUID(typed["target"]) if typed["target"] else None,
            term_from=typed["term_from"],
            term_until=typed["term_until"],
            pledge=typed["pledge"],
        )

    def clean(self) -> dict[str, Any]:
        """Say when a basis is named but not what it is: a draft would lose its title."""
        typed = super().clean() or {}
        if (typed.get("basis_title") or typed.get("basis_article")) and not typed.get("basis_kind"):
            self.add_error("basis_kind", _("Choose what kind of text it is."))
        return typed


class AnswerForm(OfficeForm):
    """What a deciding side says, or its officer proposes."""

    marks_optional = False

    document_title = forms.CharField(label=_("Title of the legal text"), required=False, max_length=200)
    document_article = forms.CharField(label=_("Article"), required=False, max_length=60)
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Needed whenever less than asked is given. The consumer reads it."),
    )

    def __init__(
        self, *args: Any, asked: tuple[OfferedItem, ...], grounds: Grounds, number: str, **kwargs: Any
    ) -> None:
        """Offer what was asked for in case `number`, and what a refusal may rest on."""
        super().__init__(*args, **kwargs)
        self.asked, self.number = asked, number
        language = Language.ZH if in_chinese() else Language.EN
        self.fields["verdict"] = forms.ChoiceField(
            label=_("Answer"), widget=forms.RadioSelect, choices=choices(VERDICT_NAMES)
        )
        self.fields["items"] = forms.MultipleChoiceField(
            label=_("Items granted"),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            choices=[(item.code, item.name) for item in asked],
        )
        for item in asked:
            self.fields[f"mask_{item.code}"] = forms.ChoiceField(
                label=gettext("What is shown of {item}").format(item=item.name), required=False, choices=choices(MASKS)
            )
            self.fields[f"with_{item.code}"] = forms.CharField(
                label=gettext("How {item} is masked").format(item=item.name), required=False, max_length=4000
            )
            self.fields[f"as_{item.code}"] = forms.CharField(
                label=gettext("Column name of {item}").format(item=item.name),
                required=False,
                max_length=63,
                widget=forms.TextInput(attrs={"placeholder": item.code}),
            )
        self.fields["rows"] = ScopeField(
            label=_("Further conditions on rows"),
            items=[ScopeItem(item.code, item.name, item.type) for item in asked],
            help_text=_("They come on top of those asked for, and can only make the rows fewer."),
        )
        self.fields["ground"] = forms.ChoiceField(
            label=_("Ground of the refusal"),
            required=False,
            choices=[("", "—"), *((one.term.id, one.term.words.in_(language)) for one in grounds.permitted)],
        )
        self.fields["document_rank"] = forms.ChoiceField(
            label=_("Rank of the legal text"), required=False, choices=[("", "—"), *choices(RANK_NAMES)]
        )
        self.explained = {"ground": grounds.source}

    @staticmethod
    def present(asked: tuple[OfferedItem, ...], answer: Answer | None, number: str) -> dict[str, Any]:
        """Return what the fields hold for an answer prepared before, else for a grant as asked."""
        found: dict[str, Any] = {"items": [item.code for item in asked]}
        if answer is None:
            return found
        document = answer.document
        found |= {
            "verdict": answer.verdict,
            "reason": answer.reason,
            "rows": answer.rows,
            "ground": answer.ground,
            "document_rank": document.rank if document else "",
            "document_title": document.title if document else "",
            "document_article": document.article if document else "",
        }
        if answer.items is not None:
            found["items"] = [item.code for item in answer.items]
            for item in answer.items:
                found[f"mask_{item.code}"], found[f"with_{item.code}"] = mask_kind(item.mask, number)
                found[f"as_{item.code}"] = item.delivered_as
        return found

    def item_lines(self) -> list[tuple[OfferedItem, BoundField, BoundField, BoundField, bool]]:
        """Return each item asked for with its fields of mask and name, and whether its box is ticked."""
        ticked = self["items"].value() or []
        return [
            (item, self[f"mask_{code}"], self[f"with_{code}"], self[f"as_{code}"], code in ticked)
            for item in self.asked
            for code in (item.code,)
        ]

    @property
    def usual(self) -> str:
        """Return how masks are written, for the help line."""
        return gettext(
            "cover {cover} keeps the first 3 and the last 4; move dates 180,id_number: up to 180 days for each person; "
            "translate 1=M;2=F"
        ).format(cover=USUAL["cover"])

    def answer(self) -> Answer:
        """Return the answer as the room takes it."""
        typed = self.cleaned_data
        verdict = Verdict(typed["verdict"])
        document = None
        if typed["document_title"] or typed["document_rank"]:
            document = GroundDocument(
                Rank(typed["document_rank"] or Rank.NOT_BINDING), typed["document_title"], typed["document_article"]
            )
        if verdict is Verdict.REFUSE:
            return Answer(verdict, typed["reason"], ground=typed["ground"], document=document)
        names = {item.code: item.name for item in self.asked}
        items = tuple(
            GrantedItem(
                code,
                names[code],
                make_mask(typed[f"mask_{code}"], typed[f"with_{code}"], self.number),
                typed[f"as_{code}"],
            )
            for code in typed["items"]
        )
        return Answer(verdict, typed["reason"], items=items, rows=typed["rows"] or EVERY_ROW)

    def clean(self) -> dict[str, Any]:
        """Say which masks cannot be made of what is typed beside them."""
        typed = super().clean() or {}
        for item in self.asked:
            try:
                make_mask(typed.get(f"mask_{item.code}", ""), typed.get(f"with_{item.code}", ""), self.number)
            except ValidationError as fault:
                self.add_error(f"with_{item.code}", fault)
        return typed


class ReturnForm(OfficeForm):
    """What is missing in a request that is sent back; all of it, because it is sent back only once."""

    def __init__(self, *args: Any, fields: dict[str, str], **kwargs: Any) -> None:
        """Offer a line for every field of a request."""
        super().__init__(*args, **kwargs)
        for name, word in fields.items():
            self.fields[f"about_{name}"] = forms.CharField(
                label=say(word), required=False, max_length=300, widget=forms.TextInput()
            )

    def problems(self) -> dict[str, str]:
        """Return field → what is missing there."""
        return {name.removeprefix("about_"): text.strip() for name, text in self.cleaned_data.items() if text.strip()}


class ExtensionForm(OfficeForm):
    """A wish for more time."""

    days = forms.IntegerField(label=_("Working days wished for"), min_value=1)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What is special about the case. The consumer reads it."),
    )


class ConsentForm(OfficeForm):
    """The authority's word on a wish for more time."""

    note = forms.CharField(label=_("Note"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer yes and no in the reader's language."""
        super().__init__(*args, **kwargs)
        self.fields["consent"] = forms.ChoiceField(
            label=_("The authority"),
            widget=forms.RadioSelect,
            choices=[("yes", gettext("consents")), ("no", gettext("declines"))],
        )
