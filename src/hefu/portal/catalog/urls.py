"""Addresses of the catalogue."""

from django.urls import path

from hefu.portal.catalog import (
    exporting,
    fetching,
    finding,
    importing,
    leaving,
    offices,
    quarantine,
    updating,
    views,
    withdrawing,
    writing,
)

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
    path("imports/fetch", fetching.fetch, name="fetch"),
    path("imports/files/<uuid:pk>/go-on", fetching.go_on, name="fetch_on"),
    path("imports/files/<uuid:pk>/", importing.intake, name="intake"),
    path("imports/files/<uuid:pk>/map", importing.map_columns, name="map"),
    path("imports/files/<uuid:pk>/offices", offices.of_intake, name="intake_offices"),
    path("imports/files/<uuid:pk>/apply", importing.apply, name="apply"),
    path("imports/files/<uuid:pk>/stop", importing.stop, name="stop"),
    path("imports/files/<uuid:pk>/progress", importing.progress, name="intake_progress"),
    path("imports/<uuid:pk>/", quarantine.batch, name="batch"),
    path("imports/<uuid:pk>/gone", leaving.gone, name="gone"),
    path("imports/<uuid:pk>/offices", offices.of_batch, name="batch_offices"),
    path("imports/<uuid:pk>/rows/<int:number>", quarantine.row, name="bad_row"),
    path("<uuid:pk>/", views.entry, name="entry"),
    path("<uuid:pk>/edit", writing.edit, name="edit"),
    path("<uuid:pk>/submit", writing.submit, name="submit"),
    path("<uuid:pk>/drop", writing.drop, name="drop"),
    path("<uuid:pk>/review", writing.review, name="review"),
    path("<uuid:pk>/withdraw", withdrawing.withdraw, name="withdraw"),
    path("<uuid:pk>/withdrawal", withdrawing.review, name="review_withdrawal"),
    path("<uuid:pk>/cause", updating.note, name="cause"),
    path("<uuid:pk>/more-time", updating.more_time, name="more_time"),
    path("<uuid:pk>/versions/<int:number>", views.version, name="version"),
]
