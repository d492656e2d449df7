"""Every address of the portal."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("hefu.portal.desk.urls")),
    path("signin/", include("hefu.portal.signin.urls")),
    path("choose/", include("hefu.portal.preferences")),
    path("", include("hefu.portal.parties.urls")),
    path("evidence/", include("hefu.portal.evidence.urls")),
]
