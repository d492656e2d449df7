"""Addresses of the desk and the search."""

from django.urls import path

from hefu.portal.desk import views

urlpatterns = [
    path("", views.desk, name="desk"),
    path("search", views.search, name="search"),
]
