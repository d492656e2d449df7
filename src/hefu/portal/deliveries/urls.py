"""Addresses of deliveries."""

from django.urls import path

from hefu.portal.deliveries import comparing, following, hooks, joining, views

app_name = "deliveries"
urlpatterns = [
    path("", views.deliveries, name="list"),
    path("alarms/", hooks.hooks, name="hooks"),
    path("alarms/<uuid:hook_id>/", hooks.hook, name="hook"),
    path("alarms/<uuid:hook_id>/test", hooks.try_hook, name="try_hook"),
    path("alarms/<uuid:hook_id>/drop", hooks.drop_hook, name="drop_hook"),
    path("<str:number>/", views.delivery, name="delivery"),
    path("<str:number>/progress", views.progress, name="progress"),
    path("<str:number>/cancel", views.cancel, name="cancel"),
    path("<str:number>/retry", views.retry, name="retry"),
    path("<str:number>/now", following.follow_now, name="follow_now"),
    path("<str:number>/pause", following.pause, name="pause"),
    path("<str:number>/end", following.end, name="end"),
    path("<str:number>/limits", following.spare, name="spare"),
    path("<str:number>/windows/<int:which>/receipt", following.window_receipt, name="window_receipt"),
    path("<str:number>/compare", comparing.compare, name="compare"),
    path("<str:number>/compare/stop", comparing.stop, name="stop_comparing"),
    path("<str:number>/join-times", joining.join_times, name="join_times"),
    path("<str:number>/join-times/drop", joining.drop_join_times, name="drop_join_times"),
    path("<str:number>/mend", comparing.mend, name="mend"),
    path("<str:number>/rejects", views.rejects, name="rejects"),
    path("<str:number>/file", views.fetch, name="fetch"),
    path("<str:number>/receipt", views.receipt, name="receipt"),
]
