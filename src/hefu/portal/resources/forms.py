"""Forms of systems, places, mounts and check rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from hefu.dataplane import checks
from hefu.dataplane.checks import Check
from hefu.portal.forms import OfficeForm, choices
from hefu.portal.grants.words import CHECK_NAMES
from hefu.portal.picking import Picker
from hefu.portal.resources.words import ALLOWANCE_NAMES, ENCODING_NAMES, TLS_NAMES
from hefu.rooms.resources.terms import (
    DATABASES,
    NETWORK_NAMES,
    PLACE_KIND_NAMES,
    PORTS,
    READ_ALONE,
    STATED_KINDS,
    AllowanceKind,
    ColumnSide,
    Encoding,
    ItemSide,
    Network,
    PlaceFacts,
    PlaceKind,
    TlsMode,
)

#: What each kind needs besides its name.
_NEEDED = {
    PlaceKind.FOLDER: ("folder",),
    PlaceKind.SFTP: ("host", "username", "folder", "host_key"),
    PlaceKind.S3: ("host", "dbname", "username"),
    PlaceKind.HTTP: ("host", "interface"),
}


class PlaceForm(OfficeForm):
    """What is stated of a source or target. The password is never shown again."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("As your department calls it."))
    host = forms.CharField(label=_("Host"), required=False, max_length=255)
    port = forms.IntegerField(
        label=_("Port"),
        required=False,
        min_value=1,
        max_value=65535,
        help_text=_("Empty for the usual one: 5432 of PostgreSQL, 3306 of MySQL, 22 of SFTP, 443 of a store."),
    )
    dbname = forms.CharField(
        label=_("Database"),
        required=False,
        max_length=63,
        help_text=_("Of an S3-compatible store, the bucket; of Oracle, the service."),
    )
    username = forms.CharField(
        label=_("User"),
        required=False,
        max_length=63,
        help_text=_("For a source, a user who may only read. Of a store, the access key."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
        help_text=_("Sealed at once and never shown again. Of a store, the secret key."),
    )
    schema = forms.CharField(
        label=_("Schema"),
        required=False,
        max_length=63,
        initial="public",
        help_text=_("Of PostgreSQL, for deliveries."),
    )
    folder = forms.CharField(
        label=_("Folder"),
        required=False,
        max_length=500,
        help_text=_("In full, on the node's machine, on the SFTP server or in the bucket."),
    )
    host_key = forms.CharField(
        label=_("Fingerprint of the SFTP server's key"),
        required=False,
        max_length=64,
        help_text=_("As its administrator reads it with ssh-keygen -l: SHA256:…"),
    )

    region = forms.CharField(
        label=_("Region"),
        required=False,
        max_length=32,
        help_text=_("Of an S3-compatible store; empty where it knows none."),
    )

    interface = forms.CharField(
        label=_("How the interfaces are asked"),
        required=False,
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 6, "class": "code", "spellcheck": "false"}),
        help_text=_("As JSON: paths, pages, columns with their types, how the key is shown. Only for interfaces."),
    )

    def __init__(self, *args: Any, departments: Any = (), systems: Any = None, for_source: bool, **kwargs: Any) -> None:
        """Offer kinds, departments and systems.

        Args:
            args: As for a form.
            departments: For whom it may be registered; with one only it is not asked.
            systems: The department's systems; None where they are not asked.
            for_source: Whether it is a source.
            kwargs: As for a form.
        """
        super().__init__(*args, **kwargs)
        found = list(departments)
        if len(found) > 1:
            self.fields["department_id"] = forms.ChoiceField(
                label=_("Department"), widget=Picker, choices=[("", "—"), *((str(one.pk), one.name) for one in found)]
            )
        self.fields["kind"] = forms.ChoiceField(label=_("Kind"), choices=choices(PLACE_KIND_NAMES, only=STATED_KINDS))
        self.fields["tls"] = forms.ChoiceField(label=_("Encryption"), required=False, choices=choices(TLS_NAMES))
        self.fields["tls"].initial = TlsMode.PREFER.value
        self.fields["encoding"] = forms.ChoiceField(
            label=_("Text encoding of files"), required=False, choices=choices(ENCODING_NAMES)
        )
        if systems is not None:
            self.fields["system_id"] = forms.ChoiceField(
                label=_("Information system"),
                required=False,
                widget=Picker,
                choices=[("", "—"), *((str(one.pk), one.name) for one in systems)],
            )
        if for_source:
            del self.fields["schema"]
        else:  # rows are not delivered to what is read alone
            del self.fields["interface"]
            offered = [kind for kind in STATED_KINDS if kind not in READ_ALONE]
            self.fields["kind"].choices = choices(PLACE_KIND_NAMES, only=offered)  # type: ignore[attr-defined]
        self.order_fields(
            ["department_id", "name", "kind", "system_id", "host", "port", "dbname", "username", "password", "tls"]
        )

    def clean(self) -> dict[str, Any]:
        """Name at once what the kind chosen needs."""
        typed = super().clean() or {}
        needed = _NEEDED.get(typed.get("kind", ""), ("host", "dbname", "username"))
        for name in needed:
            if not typed.get(name):
                self.add_error(name, _("This is needed."))
        return typed

    def facts(self) -> PlaceFacts:
        """Return what is stated, without the password."""
        typed = self.cleaned_data
        kind = PlaceKind(typed["kind"])
        database, local = kind in DATABASES, kind is PlaceKind.FOLDER
        return PlaceFacts(
            name=typed["name"],
            kind=kind,
            host="" if local else typed["host"],
            port=typed["port"] or PORTS.get(kind, 5432),
            dbname=typed["dbname"] if database or kind is PlaceKind.S3 else "",
            username="" if local else typed["username"],
            tls=TlsMode(typed["tls"] or TlsMode.PREFER),
            schema=typed.get("schema") or "public",
            folder="" if database or kind is PlaceKind.HTTP else typed["folder"],
            host_key=typed.get("host_key", "") if kind is PlaceKind.SFTP else "",
            region=typed.get("region", "") if kind is PlaceKind.S3 else "",
            interface=typed.get("interface", "") if kind is PlaceKind.HTTP else "",
            encoding=Encoding(typed["encoding"] or Encoding.UTF_8),
        )

    @staticmethod
    def present(place: Any) -> dict[str, Any]:
        """Return what the fields hold for a place."""
        names = (
            "name",
            "kind",
            "host",
            "port",
            "dbname",
            "username",
            "tls",
            "schema",
            "folder",
            "host_key",
            "region",
            "interface",
            "encoding",
        )
        return {name: getattr(place, name) for name in names}


class SystemForm(OfficeForm):
    """An information system."""

    name = forms.CharField(label=_("Name"), max_length=200)
    description = forms.CharField(
        label=_("Description"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, departments: Any = (), **kwargs: Any) -> None:
        """Offer networks and departments."""
        super().__init__(*args, **kwargs)
        found = list(departments)
        if len(found) > 1:
            self.fields["department_id"] = forms.ChoiceField(
                label=_("Department"), widget=Picker, choices=[("", "—"), *((str(one.pk), one.name) for one in found)]
            )
        self.fields["network"] = forms.ChoiceField(label=_("Network"), choices=choices(NETWORK_NAMES))
        self.order_fields(["department_id", "name", "network", "description"])

    def clean_network(self) -> Network:
        """Return the network as the room takes it."""
        return Network(self.cleaned_data["network"])


class AllowanceForm(OfficeForm):
    """What connectors may reach."""

    pattern = forms.CharField(
        label=_("Address, host or folder"),
        max_length=500,
        help_text=_("Such as 10.20.0.0/16, *.example.gov.cn or /data/share."),
    )
    note = forms.CharField(label=_("What for"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the kinds."""
        super().__init__(*args, **kwargs)
        self.fields["kind"] = forms.ChoiceField(label=_("Kind"), choices=choices(ALLOWANCE_NAMES))
        self.order_fields(["kind", "pattern", "note"])

    def clean_kind(self) -> AllowanceKind:
        """Return the kind as the room takes it."""
        return AllowanceKind(self.cleaned_data["kind"])


class MountForm(OfficeForm):
    """Which column holds which item, and which columns tell rows apart."""

    def __init__(
        self,
        *args: Any,
        items: Sequence[ItemSide],
        columns: Sequence[ColumnSide],
        proposed: dict[UUID, str],
        key: Sequence[str],
        **kwargs: Any,
    ) -> None:
        """Offer the table's columns for every item.

        Args:
            args: As for a form.
            items: Of the entry.
            columns: Of the table as it is now.
            proposed: Item → column, by name.
            key: Columns of the table's primary key.
            kwargs: As for a form.
        """
        super().__init__(*args, **kwargs)
        self.items = items
        offered = [("", "—"), *((one.name, f"{one.name} · {one.type}") for one in columns)]
        for item in items:
            self.fields[f"item_{item.id}"] = forms.ChoiceField(
                label=item.name, required=False, choices=offered, initial=proposed.get(item.id, "")
            )
        self.fields["key"] = forms.MultipleChoiceField(
            label=_("Columns that tell rows apart"),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            choices=[(one.name, one.name) for one in columns],
            initial=list(key),
            help_text=_("Deliveries are compared on both sides by them."),
        )

    def item_fields(self) -> list[tuple[ItemSide, BoundField]]:
        """Return each item with its field."""
        return [(item, self[f"item_{item.id}"]) for item in self.items]

    def held_in(self) -> dict[UUID, str]:
        """Return item → column, without items that no column holds."""
        chosen = {item.id: self.cleaned_data[f"item_{item.id}"] for item in self.items}
        return {item: column for item, column in chosen.items() if column}


@dataclass
class RuleLine:
    """One check rule as it was typed."""

    kind: str = ""
    column: str = ""
    more: str = ""

    @property
    def blank(self) -> bool:
        """Return whether nothing is chosen."""
        return not (self.kind or self.column or self.more)


class RulesWidget(forms.Widget):
    """Lines of rule, column and what the rule needs besides."""

    input_type = "rules"
    in_fieldset = True

    def __init__(self, columns: Sequence[str] = ()) -> None:
        """Offer these columns."""
        super().__init__()
        self.columns = columns

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[RuleLine]:
        """Return the lines as they were typed."""
        parts = [data.getlist(f"{name}_{part}") for part in ("kind", "column", "more")]
        return [RuleLine(*line) for line in zip(*parts, strict=False)]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Return whether the lines were not sent at all."""
        return f"{name}_kind" not in data

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """Draw the lines, and two empty ones."""
        lines = [one for one in _rule_lines(value) if not one.blank]
        context = {
            "name": name,
            "lines": [*lines, RuleLine(), RuleLine()],
            "kinds": choices(CHECK_NAMES),
            "columns": self.columns,
        }
        return render_to_string("resources/rules_field.html", context)


class RulesField(forms.Field):
    """What delivered rows must fulfil."""

    widget = RulesWidget

    def __init__(self, *, columns: Sequence[str], **kwargs: Any) -> None:
        """Offer these columns."""
        super().__init__(widget=RulesWidget(columns), required=False, **kwargs)

    def clean(self, value: Any) -> list[Check]:
        """Return the rules that the lines say.

        Raises:
            ValidationError: A line is half done.
        """
        return [_rule(line) for line in _rule_lines(value) if not line.blank]


def _rule(line: RuleLine) -> Check:
    if not line.kind or not line.column:
        raise ValidationError(_("A rule needs its kind and its column. Fill in both, or empty the line."))
    parts = [part.strip() for part in line.more.replace("，", ",").replace("、", ",").split(",") if part.strip()]
    match line.kind:
        case "not_null":
            return checks.NotNull(line.column)
        case "unique_key":
            return checks.UniqueKey((line.column, *parts))
        case "credit_code":
            return checks.CreditCode(line.column)
        case "citizen_id":
            return checks.CitizenId(line.column)
        case "code_set":
            if not parts:
                raise ValidationError(_("A rule “one of the listed codes” lists the codes, with commas between."))
            return checks.CodeSet(line.column, tuple(parts))
        case "date_range":
            return _range(line.column, line.more)
        case _:
            if not line.more.strip():
                raise ValidationError(_("A rule “matches the pattern” needs the pattern."))
            return checks.Pattern(line.column, line.more.strip())


def _range(column: str, text: str) -> checks.DateRange:
    low, _comma, high = text.replace("，", ",").partition(",")
    try:
        ends = [date.fromisoformat(end.strip()) if end.strip() else None for end in (low, high)]
    except ValueError:
        raise ValidationError(_("Write a range of days as 1900-01-01, 2026-12-31; either end may be empty.")) from None
    return checks.DateRange(column, ends[0], ends[1])


def _rule_lines(value: Any) -> list[RuleLine]:
    found: Sequence[Any] = value or ()
    return [one if isinstance(one, RuleLine) else _rule_line(one) for one in found]


def _rule_line(check: Check) -> RuleLine:
    kind, columns = checks.KINDS[type(check)], checks.columns_of(check)
    more = ""
    match check:
        case checks.UniqueKey():
            more = ", ".join(columns[1:])
        case checks.CodeSet():
            more = ", ".join(check.codes)
        case checks.DateRange():
            more = f"{check.low or ''}, {check.high or ''}"
        case checks.Pattern():
            more = check.pattern
    return RuleLine(kind, columns[0], more)


class RulesForm(OfficeForm):
    """The check rules of a mounted entry."""

    def __init__(self, *args: Any, columns: Sequence[str], **kwargs: Any) -> None:
        """Offer the table's columns."""
        super().__init__(*args, **kwargs)
        self.fields["rules"] = RulesField(
            columns=columns,
            label=_("Check rules"),
            help_text=_(
                "A row that fails one is kept back with the reason and not delivered. Codes, further key columns, "
                "days or the pattern stand in the last field."
            ),
        )
