"""Every address of the node."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("hefu.protocols.ckan.urls")),
    path("api/", include("hefu.api.urls")),
    path("", include("hefu.protocols.dcat.urls")),
    path("", include("hefu.portal.urls")),
]
