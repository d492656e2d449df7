"""Addresses of requests."""

from django.urls import path

from hefu.portal.requests import deciding, views, writing

app_name = "requests"
urlpatterns = [
    path("", views.requests, name="list"),
    path("begin", views.begin, name="begin"),
    path("<str:number>/", views.case, name="case"),
    path("<str:number>/write", writing.write, name="write"),
    path("<str:number>/submit", views.submit, name="submit"),
    path("<str:number>/discard", views.discard, name="discard"),
    path("<str:number>/withdraw", views.withdraw, name="withdraw"),
    path("<str:number>/answer", deciding.answer, name="answer"),
    path("<str:number>/send-back", deciding.send_back, name="send_back"),
    path("<str:number>/more-time", deciding.ask_extension, name="ask_extension"),
    path("<str:number>/consent", deciding.consent, name="consent"),
]
