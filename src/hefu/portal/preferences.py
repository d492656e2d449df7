"""Small choices that a reader makes about the pages: language, department, columns, width of the side."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import path

from hefu.portal.http import PortalRequest, local
from hefu.portal.middleware import DEPARTMENT
from hefu.portal.pages import page
from hefu.rooms.parties import services

#: How long a browser keeps the language, in seconds.
A_YEAR = 365 * 24 * 3600


def _back(request: PortalRequest) -> HttpResponseRedirect:
    return HttpResponseRedirect(local(request.POST.get("next")))


@login_not_required
@page("POST")
def choose_language(request: PortalRequest) -> HttpResponseBase:
    """Keep the language in the browser, and with the person."""
    chosen = request.POST.get("language", "")
    response: HttpResponse = _back(request)
    if chosen in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=A_YEAR,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
        if request.user.is_authenticated:
            services.choose_language(person_id=request.user.pk, language=chosen, actor=request.actor)
    return response


@page("POST")
def choose_department(request: PortalRequest) -> HttpResponseBase:
    """Act for another department in which the person holds a seat; then the desk is another."""
    if request.user.is_authenticated:
        wanted = request.POST.get("department", "")
        if any(str(seat.department_id) == wanted for seat in request.seats):
            request.session[DEPARTMENT] = wanted
    return HttpResponseRedirect("/")


@page("POST")
def choose_columns(request: PortalRequest) -> HttpResponseBase:
    """Remember for this session which columns of a list are shown."""
    name = request.POST.get("list", "")[:60]
    chosen = request.session.get("columns", {})
    chosen[name] = [key[:60] for key in request.POST.getlist("column")[:60]] or ["-"]
    request.session["columns"] = chosen
    return _back(request)


@page("POST")
def toggle_side(request: PortalRequest) -> HttpResponseBase:
    """Show the workplaces as icons, or with their names again."""
    request.session["narrow"] = not request.session.get("narrow", False)
    return _back(request)


urlpatterns = [
    path("language", choose_language, name="choose_language"),
    path("department", choose_department, name="choose_department"),
    path("columns", choose_columns, name="choose_columns"),
    path("side", toggle_side, name="toggle_side"),
]
