"""Addresses of systems, sources, targets and mounts."""

from django.urls import path, re_path

from hefu.portal.resources import mounting, views

app_name = "resources"
urlpatterns = [
    path("", views.sources, name="list"),
    path("targets/", views.targets, name="targets"),
    path("systems/", views.systems, name="systems"),
    path("systems/new", views.new_system, name="new_system"),
    path("allowances/", views.allowances, name="allowances"),
    path("allowances/new", views.allow, name="allow"),
    path("allowances/<uuid:pk>/end", views.disallow, name="disallow"),
    path("source/new", views.new_source, name="new_source"),
    path("target/new", views.new_target, name="new_target"),
    path("source/<uuid:pk>/", views.source, name="source"),
    path("target/<uuid:pk>/", views.target, name="target"),
    re_path(r"^(?P<side>source|target)/(?P<pk>[0-9a-f-]{36})/test$", views.test, name="test"),
    re_path(r"^(?P<side>source|target)/(?P<pk>[0-9a-f-]{36})/change$", views.change, name="change"),
    re_path(r"^(?P<side>source|target)/(?P<pk>[0-9a-f-]{36})/close$", views.close, name="close"),
    path("mount/<uuid:pk>", mounting.mount, name="mount"),
    path("columns/<uuid:pk>", mounting.columns, name="columns"),
    path("rules/<uuid:pk>", mounting.rules, name="rules"),
    path("unmount/<uuid:pk>", mounting.unmount, name="unmount"),
]
