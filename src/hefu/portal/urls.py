"""Every address of the portal."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("hefu.portal.desk.urls")),
    path("signin/", include("hefu.portal.signin.urls")),
    path("choose/", include("hefu.portal.preferences")),
    path("", include("hefu.portal.parties.urls")),
    path("catalog/", include("hefu.portal.catalog.urls")),
    path("upkeep/", include("hefu.portal.upkeep.urls")),
    path("requests/", include("hefu.portal.requests.urls")),
    path("grants/", include("hefu.portal.grants.urls")),
    path("holdings/", include("hefu.portal.holdings.urls")),
    path("deliveries/flows/", include("hefu.portal.flows.urls")),
    path("deliveries/", include("hefu.portal.deliveries.urls")),
    path("resources/", include("hefu.portal.resources.urls")),
    path("law/", include("hefu.portal.law.urls")),
    path("evidence/", include("hefu.portal.evidence.urls")),
]
