"""Addresses of grants."""

from django.urls import path

from hefu.portal.grants import comparing, increments, joining, views

app_name = "grants"
urlpatterns = [
    path("", views.grants, name="list"),
    path("<str:number>/", views.grant, name="grant"),
    path("<str:number>/ticket", views.ticket, name="ticket"),
    path("<str:number>/open", views.open_now, name="open"),
    path("<str:number>/target", views.choose_target, name="choose_target"),
    path("<str:number>/follow", views.follow, name="follow"),
    path("<str:number>/timetable", views.timetable, name="timetable"),
    path("<str:number>/timetable/drop", views.drop_timetable, name="drop_timetable"),
    path("<str:number>/comparing", comparing.comparing, name="comparing"),
    path("<str:number>/comparing/drop", comparing.drop_comparing, name="drop_comparing"),
    path("<str:number>/increments", increments.increments, name="increments"),
    path("<str:number>/increments/drop", increments.whole, name="whole"),
    path("<str:number>/join", joining.join, name="join"),
    path("<str:number>/join/<str:other>", joining.join_with, name="join_with"),
    path("<str:number>/least", increments.least_share, name="least_share"),
    path("<str:number>/suspend", views.suspend, name="suspend"),
    path("<str:number>/resume", views.resume, name="resume"),
    path("<str:number>/keep", views.keep_idle, name="keep_idle"),
    path("<str:number>/use", views.record_use, name="record_use"),
    path("<str:number>/narrow", views.narrow, name="narrow"),
    path("<str:number>/revoke", views.revoke, name="revoke"),
]
