"""Addresses of holdings."""

from django.urls import path

from hefu.portal.holdings import deeds, libraries, library_deeds, views

app_name = "holdings"
urlpatterns = [
    path("", views.holdings, name="list"),
    path("new", deeds.new, name="new"),
    path("libraries/", libraries.libraries, name="libraries"),
    path("libraries/new", library_deeds.new, name="library_new"),
    path("libraries/<str:number>/rules", library_deeds.rules, name="library_rules"),
    path("libraries/<str:number>/times", library_deeds.times, name="library_times"),
    path("libraries/<str:number>/keep", library_deeds.keep, name="library_keep"),
    path("libraries/<str:number>/catalogue", library_deeds.catalogue, name="library_catalogue"),
    path("libraries/<str:number>/", libraries.library, name="library"),
    path("libraries/<str:number>/assemble", libraries.assemble, name="assemble"),
    path("libraries/<str:number>/look", libraries.look_up, name="look_up"),
    path("libraries/<str:number>/conflicts", libraries.conflicts, name="conflicts"),
    path("<str:number>/", views.holding, name="holding"),
    path("<str:number>/collect", deeds.collect, name="collect"),
    path("<str:number>/change", deeds.change, name="change"),
    path("<str:number>/rows", deeds.rows, name="rows"),
    path("<str:number>/file", deeds.take_out, name="take_out"),
    path("<str:number>/drop", deeds.drop, name="drop"),
    path("<str:number>/keep", deeds.keep, name="keep"),
    path("<str:number>/consent/<str:library>", library_deeds.consent, name="consent"),
    path("<str:number>/close", deeds.close, name="close"),
    path("<str:number>/runs/<str:run>/progress", views.progress, name="progress"),
    path("<str:number>/runs/<str:run>/cancel", deeds.cancel, name="cancel"),
    path("<str:number>/runs/<str:run>/receipt", views.receipt, name="receipt"),
]
