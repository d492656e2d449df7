"""Forms of the catalogue: an entry, its review, an import."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from django import forms
from django.forms.boundfield import BoundField
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hefu.kernel.citation import Citation
from hefu.portal.catalog.items import ItemsField
from hefu.portal.catalog.words import COLUMN_NAMES
from hefu.portal.forms import OfficeForm, Section, choices
from hefu.portal.picking import Suggesting
from hefu.portal.words import say
from hefu.rooms.catalog import terms
from hefu.rooms.catalog.importing.terms import Defaults
from hefu.rooms.catalog.profiles import Extension, ExtensionKind
from hefu.rooms.catalog.queries import node_profile
from hefu.rooms.catalog.terms import FIELD_NAMES, LONGEST_EXTRA, Content, Extra

#: Field → its enumeration and names, where one value is chosen.
CHOSEN: dict[str, tuple[Any, dict[Any, str]]] = {
    "format_class": (terms.FormatClass, terms.FORMAT_CLASS_NAMES),
    "share_type": (terms.ShareType, terms.SHARE_TYPE_NAMES),
    "basis_kind": (terms.BasisKind, terms.BASIS_NAMES),
    "open_type": (terms.OpenType, terms.OPEN_TYPE_NAMES),
    "update_cycle": (terms.UpdateCycle, terms.UPDATE_CYCLE_NAMES),
    "grade": (terms.Grade, terms.GRADE_NAMES),
    "secrecy": (terms.Secrecy, terms.SECRECY_NAMES),
    "personal_info": (terms.PersonalInfo, terms.PERSONAL_INFO_NAMES),
}
#: What the names of the profile's own fields begin with.
EXTRA = "extension-"
#: Fields that hold several words, written with commas between.
LISTED = ("format_types", "tags", "related_codes")
#: Fields with room for more than a line.
LONG = (
    *("abstract", "share_condition", "share_scope", "noshare_reason", "open_condition", "use_condition"),
    *("secrecy_note", "impact_note"),
)

#: Fields beside which the names are offered that the department has registered.
KNOWN = ("system_name", "business_item", "class_code")

#: Marked help of each field that needs one.
HELP = {
    "abstract": _("What it is about, in a few sentences; the search reads it."),
    "class_code": _(
        "Its code, or its name where it has one. Begins with 1 base, 2 theme or 3 department; then two, three and more "
        "digits as far as known."
    ),
    "format_types": _("Such as postgresql, xlsx; with commas between."),
    "share_condition": _("On what condition departments get it; needed for conditional sharing."),
    "share_scope": _("Which departments, for which purposes; needed for conditional sharing."),
    "noshare_reason": _(
        "Needed when it is not shared, with a law, administrative regulation or State Council decision."
    ),
    "system_name": _("The information system the data comes from."),
    "business_item": _("The business in which the data arises."),
    "secrecy_note": _("Who assessed it and how."),
    "impact_note": _("Conclusion of the personal-information impact assessment."),
    "tags": _("With commas between."),
    "related_codes": _("Codes of other entries, with commas between."),
}


class EntryForm(OfficeForm):
    """All that an entry says; a draft may be unfinished."""

    marks_optional = False

    sections = (
        Section(_("What it is"), ("name", "abstract", "class_code", "internal_office", "system_name", "business_item")),
        Section(_("Items"), ("items",)),
        Section(
            _("How it is shared"),
            (
                "share_type",
                "share_condition",
                "share_scope",
                "noshare_reason",
                "basis_kind",
                "basis_title",
                "basis_article",
                "share_mode",
                "channels",
                "use_condition",
            ),
        ),
        Section(_("Opening to the public"), ("open_type", "open_condition")),
        Section(_("Form and update"), ("format_class", "format_types", "format_other", "update_cycle")),
        Section(
            _("Grade and assessments"),
            ("grade", "secrecy", "secrecy_note", "personal_info", "impact_note", "assessed_on"),
        ),
        Section(_("More"), ("theme", "tags", "phone", "outside_code", "related_codes")),
    )
    articles = {
        "name": terms.ART_13,
        "share_type": terms.ART_14,
        "share_scope": terms.ART_15,
        "basis_kind": terms.ART_15,
        "noshare_reason": terms.ART_15,
        "secrecy": terms.ART_3,
        "grade": terms.ART_13,
        "personal_info": terms.ART_13,
        "assessed_on": terms.ART_13,
        "update_cycle": terms.ART_17,
    }

    def __init__(
        self,
        *args: Any,
        class_is_fixed: bool = False,
        asked: Mapping[str, tuple[Citation, ...]] | None = None,
        **kwargs: Any,
    ) -> None:
        """Make a field of everything an entry says.

        Args:
            args: As for a form.
            class_is_fixed: Whether the entry has its code already.
            asked: Field → the articles for which the law of the place asks it; the last is the most local.
            kwargs: As for a form.
        """
        super().__init__(*args, **kwargs)
        for section in self.sections:
            for name in section.fields:
                self.fields[name] = _field(name)
        self.fields |= {EXTRA + one.key: _extra_field(one) for one in node_profile().extensions}
        for field, articles in (asked or {}).items():
            self.explained.setdefault(EXTRA + field if EXTRA + field in self.fields else field, articles[-1])
        if class_is_fixed:
            self.fields["class_code"].widget.attrs["readonly"] = True

    def parts(self) -> Iterator[tuple[Section | None, list[BoundField]]]:
        """Yield each section with its fields, the profile's own fields last."""
        yield from super().parts()
        own = [self[name] for name in self.fields if name.startswith(EXTRA)]
        if own:
            yield Section(_("Extension fields"), tuple(bound.name for bound in own)), own

    @staticmethod
    def present(content: Content) -> dict[str, Any]:
        """Return what the fields hold for `content`."""
        found: dict[str, Any] = {}
        for name in FIELD_NAMES:
            if hasattr(content, name):
                value = getattr(content, name)
                found[name] = ", ".join(value) if name in LISTED else ("" if value is None else value)
        found["channels"] = [str(one) for one in content.channels]
        return found | {EXTRA + one.key: one.value for one in content.extension}

    def content(self) -> Content:
        """Return what is typed, as the room takes it."""
        typed = {name: value for name, value in self.cleaned_data.items() if not name.startswith(EXTRA)}
        typed["extension"] = self._extension()
        typed["class_code"] = class_typed(typed["class_code"])
        for name, (kind, _names) in CHOSEN.items():
            typed[name] = kind(typed[name]) if typed[name] else None
        for name in LISTED:
            typed[name] = tuple(part.strip() for part in _commas(typed[name]).split(",") if part.strip())
        typed["channels"] = tuple(terms.Channel(one) for one in typed["channels"])
        typed["share_mode"] = terms.ShareMode(typed["share_mode"] or terms.ShareMode.PLATFORM)
        return Content(**typed)

    def _extension(self) -> tuple[Extra, ...]:
        """Return what is typed in the profile's fields; what an earlier profile asked stays."""
        typed = {name.removeprefix(EXTRA): value for name, value in self.cleaned_data.items() if name.startswith(EXTRA)}
        kept = [one for one in self.initial.get("extension") or () if one.key not in typed]
        return (*(Extra(key, value) for key, value in typed.items() if value), *kept)


def _extra_field(asked: Extension) -> forms.Field:
    shared: dict[str, Any] = {"label": asked.name, "required": False}
    if asked.kind is ExtensionKind.CHOICE:
        return forms.ChoiceField(choices=[("", "—"), *((one, one) for one in asked.choices)], **shared)
    if asked.kind is ExtensionKind.NUMBER:
        return forms.CharField(
            max_length=20,
            widget=forms.TextInput(attrs={"inputmode": "decimal"}),
            help_text=_("The number alone; 0 when it is not known."),
            **shared,
        )
    return forms.CharField(max_length=LONGEST_EXTRA, **shared)


def class_typed(text: str) -> str:
    """Return the code of a class that was typed by its code or its name; what is neither stays for the room to name."""
    return node_profile().classes.read(text) or text


def _commas(text: str) -> str:
    return text.replace("，", ",").replace("、", ",")


def _field(name: str) -> forms.Field:
    shared: dict[str, Any] = {
        "label": capfirst(say(FIELD_NAMES[name])),
        "required": False,
        "help_text": HELP.get(name, ""),
    }
    if name == "items":
        return ItemsField(**shared)
    if name in CHOSEN:
        return forms.ChoiceField(choices=[("", "—"), *choices(CHOSEN[name][1])], **shared)
    if name == "share_mode":
        return forms.ChoiceField(choices=choices(terms.SHARE_MODE_NAMES), widget=forms.RadioSelect, **shared)
    if name == "channels":
        return forms.MultipleChoiceField(
            choices=choices(terms.CHANNEL_NAMES), widget=forms.CheckboxSelectMultiple, **shared
        )
    if name == "assessed_on":
        return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **shared)
    if name in LONG:
        return forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), **shared)
    widget = Suggesting(f"own-{name}") if name in KNOWN else forms.TextInput()
    return forms.CharField(max_length=200, widget=widget, **shared)


class ReviewForm(OfficeForm):
    """The authority's word on an entry."""

    reasons = forms.CharField(
        label=_("Opinion"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Needed when it is returned: everything that must change, at once."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the two answers."""
        super().__init__(*args, **kwargs)
        self.fields["verdict"] = forms.ChoiceField(
            label=_("Review"),
            widget=forms.RadioSelect,
            choices=[
                (terms.Verdict.APPROVE.value, gettext("approve: it comes into force now")),
                (terms.Verdict.RETURN.value, gettext("return it to its department")),
            ],
        )
        self.order_fields(["verdict", "reasons"])

    def clean_verdict(self) -> terms.Verdict:
        """Return the verdict as the room takes it."""
        return terms.Verdict(self.cleaned_data["verdict"])


class UploadForm(OfficeForm):
    """A catalogue file."""

    file = forms.FileField(
        label=_("Catalogue file"),
        help_text=_(
            "CSV, XLSX, XLS, JSON, Turtle, JSON-LD or RDF/XML, up to 50 MiB. Its columns may be called anything."
        ),
    )
    sheet = forms.CharField(
        label=_("Sheet"),
        required=False,
        max_length=60,
        help_text=_("Of a workbook; without it, the one that looks most like a catalogue."),
    )


class SiteForm(OfficeForm):
    """Another portal whose catalogue is to be fetched."""

    needed = frozenset({"site"})

    site = forms.CharField(
        label=_("Address of the site"),
        max_length=500,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "url"}),
        help_text=_("A portal made with CKAN, such as https://data.example.org. Only what is open to all is fetched."),
    )
    organization = forms.CharField(
        label=_("One organization only"),
        required=False,
        max_length=100,
        help_text=_("As the site's own addresses name it, behind /organization/."),
    )
    words = forms.CharField(label=_("Only datasets with these words"), required=False, max_length=200)


class MappingForm(OfficeForm):
    """What each column means, and what holds for rows that do not say it."""

    marks_optional = False

    def __init__(
        self, *args: Any, columns: tuple[str, ...], proposed: dict[str, str], may_publish: bool, **kwargs: Any
    ) -> None:
        """Offer a meaning for every column.

        Args:
            args: As for a form.
            columns: Columns of the file.
            proposed: Column → field, as far as proposed.
            may_publish: Whether the reader may take rows in as published.
            kwargs: As for a form.
        """
        super().__init__(*args, **kwargs)
        self.columns = columns
        meanings = [("", gettext("left out")), *choices(COLUMN_NAMES)]
        for at, column in enumerate(columns):
            self.fields[f"column_{at}"] = forms.ChoiceField(
                label=column, required=False, choices=meanings, initial=proposed.get(column, "")
            )
        for name in ("share_type", "grade", "secrecy"):
            self.fields[name] = _field(name)
        for name in ("share_condition", "share_scope", "class_code"):
            self.fields[name] = _field(name)
        self.fields["class_code"].initial = "3"
        self.fields["channels"] = _field("channels")
        if may_publish:
            self.fields["publish"] = forms.BooleanField(
                label=_("Take them in as published: they are in force in another catalogue already"), required=False
            )

    def column_fields(self) -> list[Any]:
        """Return the fields of the columns, in the file's order."""
        return [self[f"column_{at}"] for at in range(len(self.columns))]

    def mapping(self) -> dict[str, str]:
        """Return column → field, without what is left out."""
        found = {column: self.cleaned_data[f"column_{at}"] for at, column in enumerate(self.columns)}
        return {column: field for column, field in found.items() if field}

    def defaults(self) -> Defaults:
        """Return what holds for rows that do not say it."""
        typed = self.cleaned_data
        return Defaults(
            share_type=terms.ShareType(typed["share_type"]) if typed["share_type"] else None,
            share_condition=typed["share_condition"],
            share_scope=typed["share_scope"],
            class_code=class_typed(typed["class_code"]) or "3",
            grade=terms.Grade(typed["grade"]) if typed["grade"] else None,
            secrecy=terms.Secrecy(typed["secrecy"]) if typed["secrecy"] else None,
            channels=tuple(terms.Channel(one) for one in cast("list[str]", typed["channels"])),
        )
