"""Where a case stands, by its public number."""

from django.urls import NoReverseMatch, reverse

#: First letter of a public number → name of the address of its page.
PAGES = {"R": "requests:case", "G": "grants:grant", "D": "deliveries:delivery"}


def case_address(number: str) -> str:
    """Return the address of the page of `number`, or nothing when it is none of ours."""
    try:
        return reverse(PAGES[number[:1]], args=[number]) if number[:1] in PAGES else ""
    except NoReverseMatch:
        return ""
