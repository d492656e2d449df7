"""Addresses of sign-in. Of allauth only what we use: no sign-up, no mail."""

from allauth.account import views as account
from django.urls import include, path

from hefu.portal.signin import views

urlpatterns = [
    path("", account.login, name="account_login"),
    path("out", account.logout, name="account_logout"),
    path("inactive", account.account_inactive, name="account_inactive"),
    path("again", account.reauthenticate, name="account_reauthenticate"),
    path("password", views.change_password, name="account_change_password"),
    path("factor/", include("allauth.mfa.urls")),
]
