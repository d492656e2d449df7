"""Addresses of departments and people."""

from django.urls import path

from hefu.portal.parties import tokens, views

app_name = "parties"
urlpatterns = [
    path("departments/", views.departments, name="departments"),
    path("departments/tree", views.tree, name="tree"),
    path("departments/new", views.register, name="register"),
    path("departments/<uuid:pk>/", views.department, name="department"),
    path("departments/<uuid:pk>/change", views.change, name="change"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/<uuid:pk>/revoke", tokens.revoke, name="revoke_token"),
    path("people/", views.people, name="people"),
    path("people/new", views.register_person, name="register_person"),
    path("people/<uuid:pk>/", views.person, name="person"),
    path("people/<uuid:pk>/close", views.close_person, name="close_person"),
    path("people/<uuid:pk>/seats/<uuid:seat_id>/end", views.end_seat, name="end_seat"),
]
