"""Addresses of the catalogue."""

from django.urls import path

from hefu.portal.catalog import exporting, finding, importing, updating, views, writing

app_name = "catalog"
urlpatterns = [
    path("", views.entries, name="list"),
    path("own", views.own, name="own"),
    path("searches/", finding.kept, name="kept"),
    path("searches/keep", finding.keep, name="keep"),
    path("searches/<uuid:pk>/", finding.seen, name="seen"),
    path("export", exporting.take, name="export"),
    path("new", writing.new, name="new"),
    path("imports/", importing.imports, name="imports"),
    path("imports/new", importing.bring, name="import"),
    path("imports/map/<str:token>", importing.map_columns, name="map"),
    path("imports/<uuid:pk>/", importing.batch, name="batch"),
    path("<uuid:pk>/", views.entry, name="entry"),
    path("<uuid:pk>/edit", writing.edit, name="edit"),
    path("<uuid:pk>/submit", writing.submit, name="submit"),
    path("<uuid:pk>/drop", writing.drop, name="drop"),
    path("<uuid:pk>/review", writing.review, name="review"),
    path("<uuid:pk>/withdraw", writing.withdraw, name="withdraw"),
    path("<uuid:pk>/cause", updating.note, name="cause"),
    path("<uuid:pk>/more-time", updating.more_time, name="more_time"),
    path("<uuid:pk>/versions/<int:number>", views.version, name="version"),
]
