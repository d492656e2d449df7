"""Pages of sign-in: the lock and one's own password; the others are allauth's views with our templates."""

from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters

from hefu.kernel.refusal import InputsRejected
from hefu.kernel.words import _
from hefu.portal.forms import attempt
from hefu.portal.http import PortalRequest, posted
from hefu.portal.pages import FORM, page, show
from hefu.portal.signin.forms import PasswordForm
from hefu.rooms.parties import services

if TYPE_CHECKING:
    from hefu.rooms.parties.models import Person


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: dict[str, Any] | None) -> HttpResponse:
    """Return the page that says that a sign-in name is locked, for how long, and who can unlock it."""
    del response, credentials
    minutes = round(settings.AXES_COOLOFF_TIME * 60)
    answer = show(
        cast(PortalRequest, request),
        "account/locked.html",
        title=gettext("Sign-in is locked"),
        status=429,
        minutes=minutes,
        failures=settings.AXES_FAILURE_LIMIT,
    )
    answer["Retry-After"] = str(minutes * 60)
    return answer


@sensitive_post_parameters("old", "password", "again")
@page(*FORM)
def change_password(request: PortalRequest) -> HttpResponseBase:
    """Let people set their own password; they stay signed in here and nowhere else."""
    form = PasswordForm(posted(request))

    me = cast("Person", request.user)

    def set_it(typed: dict[str, Any]) -> "Person":
        if not me.check_password(typed["old"]):
            raise InputsRejected(problems={"old": _("This is not your present password.")})
        return services.set_password(
            person_id=me.pk, password=typed["password"], actor=request.actor, clock=request.clock
        )

    if request.method == "POST" and (person := attempt(form, set_it)):
        update_session_auth_hash(request, person)
        messages.success(request, gettext("Your password is changed. Other devices are signed out."))
        return HttpResponseRedirect("/")
    return show(
        request,
        "portal/form_page.html",
        title=gettext("Change password"),
        form=form,
        status=form.status,
        back="/",
        send=gettext("Change password"),
    )
