"""Addresses of CKAN's Action API."""

from django.urls import path

from hefu.protocols.ckan import server

app_name = "ckan"
urlpatterns = [
    path("api/3/action/<slug:action>", server.act, name="action"),
    path("api/action/<slug:action>", server.act, name="action_without_version"),
]
