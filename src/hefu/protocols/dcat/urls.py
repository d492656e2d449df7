"""Addresses at which harvesters read."""

from django.urls import path

from hefu.protocols.dcat import server

app_name = "dcat"
urlpatterns = [
    *(path(f"catalog.{ending}", server.pages, {"ending": ending}, name=ending) for ending in ("ttl", "jsonld", "rdf")),
    path("dcat/datasets/<uuid:pk>", server.one, name="dataset"),
    *(
        path(f"dcat/datasets/<uuid:pk>.{ending}", server.one, {"ending": ending}, name=f"dataset_{ending}")
        for ending in ("ttl", "jsonld", "rdf")
    ),
]
