"""Addresses of holdings."""

from django.urls import path

from hefu.portal.holdings import deeds, views

app_name = "holdings"
urlpatterns = [
    path("", views.holdings, name="list"),
    path("new", deeds.new, name="new"),
    path("<str:number>/", views.holding, name="holding"),
    path("<str:number>/collect", deeds.collect, name="collect"),
    path("<str:number>/change", deeds.change, name="change"),
    path("<str:number>/rows", deeds.rows, name="rows"),
    path("<str:number>/file", deeds.take_out, name="take_out"),
    path("<str:number>/drop", deeds.drop, name="drop"),
    path("<str:number>/close", deeds.close, name="close"),
    path("<str:number>/runs/<str:run>/progress", views.progress, name="progress"),
    path("<str:number>/runs/<str:run>/cancel", deeds.cancel, name="cancel"),
    path("<str:number>/runs/<str:run>/receipt", views.receipt, name="receipt"),
]
