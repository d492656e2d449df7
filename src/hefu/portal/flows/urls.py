"""Addresses of flows."""

from django.urls import path

from hefu.portal.flows import views

app_name = "flows"
urlpatterns = [
    path("", views.flow_map, name="map"),
    path("entries/<uuid:pk>/", views.lineage, name="lineage"),
]
