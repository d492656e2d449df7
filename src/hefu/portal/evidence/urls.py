"""Addresses of the evidence log."""

from django.urls import path

from hefu.portal.evidence import views

app_name = "evidence"
urlpatterns = [
    path("", views.entries, name="list"),
    path("verify", views.verify, name="verify"),
    path("keys", views.keys, name="keys"),
    path("checkpoint", views.checkpoint, name="checkpoint"),
    path("<uuid:uid>/", views.entry, name="entry"),
    path("<uuid:uid>/receipt", views.receipt, name="receipt"),
]
