"""The description of the interface as a page for people: made from OpenAPI, with nothing fetched from elsewhere."""

import json
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from hefu.api.root import description

_STYLES = ("vendor/tabler.min.css", "portal/tokens.css", "portal/theme.css")


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Answer the page."""
    told = description()
    styles = format_html_join("", '<link rel="stylesheet" href="{}">', ((static(name),) for name in _STYLES))
    body = format_html(
        '<!doctype html><html lang="{}"><head><meta charset="utf-8"><title>{}</title>'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="{}" type="image/svg+xml">{}'
        '</head><body><main class="page-body container-xl">'
        '<h1>{}</h1><p>{}</p><p><a href="openapi.json">openapi.json</a> · <a href="/">{}</a></p>{}'
        "</main></body></html>",
        get_language() or "zh",
        gettext("Interface for programs"),
        static("portal/icon.svg"),
        styles,
        gettext("Interface for programs"),
        told["info"]["description"],
        gettext("Back to the portal"),
        _join(_operation(told, *found) for found in _operations(told)),
    )
    del request
    return HttpResponse(body)


def _join(parts: Iterator[SafeString]) -> SafeString:
    return mark_safe("".join(parts))  # noqa: S308 - every part is made by format_html


def _operations(told: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _operation(told: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> SafeString:
    return format_html(
        '<section class="panel" id="{}"><h2>{}</h2><p><code>{} {}</code></p><p>{}</p>{}{}{}</section>',
        operation["operationId"],
        operation.get("summary", ""),
        method,
        path,
        operation.get("description", ""),
        _parameters(told, operation),
        _body(told, operation.get("requestBody"), gettext("What is sent")),
        _body(told, _answer(operation), gettext("What is answered")),
    )


def _answer(operation: dict[str, Any]) -> dict[str, Any] | None:
    found: dict[str, Any] | None = next((one for code, one in operation["responses"].items() if code == 200), None)
    return found or operation["responses"].get("200")


def _parameters(told: dict[str, Any], operation: dict[str, Any]) -> SafeString:
    rows = [
        (one["name"], one["in"], _kind(told, one.get("schema", {})), one.get("description") or _about(one))
        for one in operation.get("parameters", [])
    ]
    if not rows:
        return SafeString("")
    return format_html(
        '<table class="table table-sm"><thead><tr><th scope="col">{}</th><th scope="col">{}</th>'
        '<th scope="col">{}</th><th scope="col">{}</th></tr></thead><tbody>{}</tbody></table>',
        gettext("Name"),
        gettext("Where"),
        gettext("Kind"),
        gettext("Meaning"),
        format_html_join("", '<tr><th scope="row"><code>{}</code></th><td>{}</td><td>{}</td><td>{}</td></tr>', rows),
    )


def _about(parameter: dict[str, Any]) -> str:
    return str(parameter.get("schema", {}).get("description") or "")


def _body(told: dict[str, Any], part: dict[str, Any] | None, heading: str) -> SafeString:
    schema = ((part or {}).get("content") or {}).get("application/json", {}).get("schema")
    if not schema:
        return SafeString("")
    example = json.dumps(_example(told, schema, 0), ensure_ascii=False, indent=2)
    return format_html("<details><summary>{}</summary><pre><code>{}</code></pre></details>", heading, example)


def _named(told: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    if not reference:
        return schema
    found: dict[str, Any] = told["components"]["schemas"][reference.rpartition("/")[2]]
    return found


def _kind(told: dict[str, Any], schema: dict[str, Any]) -> str:
    found = _named(told, schema)
    if "anyOf" in found:
        return " | ".join(dict.fromkeys(_kind(told, one) for one in found["anyOf"]))
    if "enum" in found:
        return " | ".join(str(one) for one in found["enum"])
    return str(found.get("format") or found.get("type") or "")


def _example(told: dict[str, Any], schema: dict[str, Any], depth: int) -> Any:
    """Return the shape of a body: a value's kind where its value would stand."""
    found = _named(told, schema)
    if depth > 6:
        return "…"
    if "properties" in found:
        return {name: _example(told, one, depth + 1) for name, one in found["properties"].items()}
    options = [one for one in found.get("anyOf", []) if one.get("type") != "null"]
    if len(options) == 1:
        return _example(told, options[0], depth)
    if found.get("type") == "array":
        return [_example(told, found.get("items") or {}, depth + 1)]
    return _kind(told, found) or "…"
