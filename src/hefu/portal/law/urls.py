"""Addresses of the law pages."""

from django.urls import path

from hefu.portal.law import browsing, moving, office, texts

app_name = "law"
urlpatterns = [
    path("", browsing.packs, name="packs"),
    path("packs/<str:pack>/", browsing.pack, name="pack"),
    path("rules/", browsing.rules, name="rules"),
    path("rules/<str:rule>/", browsing.rule, name="rule"),
    path("compare", browsing.compare, name="compare"),
    path("calendar/", browsing.this_year, name="this_year"),
    path("calendar/<int:year>/", browsing.calendar, name="calendar"),
    path("coverage", browsing.clauses, name="coverage"),
    path("notices/", moving.notices, name="notices"),
    path("notices/new", moving.take_in, name="take_in"),
    path("drift/", moving.drift, name="drift"),
    path("drift/<str:subject>/<str:rule>/", moving.accept, name="accept"),
    path("texts/", texts.texts, name="texts"),
    path("texts/new", texts.register, name="register"),
    path("texts/reviews", texts.reviews, name="reviews"),
    path("texts/reviews/<uuid:pk>", texts.review, name="review"),
    path("texts/<uuid:pk>/", texts.text, name="text"),
    path("texts/<uuid:pk>/repeal", texts.repeal, name="repeal"),
    path("office", office.office, name="office"),
    path("office/change", office.change, name="change_office"),
]
