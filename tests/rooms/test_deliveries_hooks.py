"""Alarms sent to an office's own address: a real server takes, refuses, redirects and comes too late."""

import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client

from hefu.cli.main import hefu
from hefu.kernel.actor import Role
from hefu.kernel.clock import FixedClock, SystemClock
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound
from hefu.rooms.deliveries import calling, queries, services
from hefu.rooms.deliveries.calling import send_call
from hefu.rooms.deliveries.models import Hook, HookCall
from hefu.rooms.deliveries.terms import DeliveryFailed
from hefu.rooms.deliveries.terms.hooks import CALL_PAUSES, CallState, Cause
from hefu.rooms.deliveries.terms.silence import Bound, SourceSilent
from hefu.rooms.evidence.models import Entry as Record
from hefu.rooms.grants.models import Grant
from hefu.rooms.parties.models import Department
from hefu.rooms.resources import services as resources
from hefu.rooms.resources.terms import AllowanceKind
from tests.builders import NOON, a_department, a_grant, a_person, an_actor, an_entry

pytestmark = pytest.mark.django_db

NOW = SystemClock()


@dataclass
class Desk:
    """An office's receiver."""

    port: int = 0
    #: Answers to come; the last one stays.
    answers: list[int] = field(default_factory=lambda: [204])
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def a_desk() -> Iterator[Desk]:
    desk = Desk()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            desk.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(desk.answers.pop(0) if len(desk.answers) > 1 else desk.answers[0])
            self.send_header("Location", f"http://127.0.0.1:{desk.port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    desk.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield desk
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def grant() -> Grant:
    return a_grant(an_entry(a_department("市公安局")), a_department("市民政局"))


def allow_this_machine() -> None:
    operator = an_actor(a_department("市大数据中心"), Role.OPERATOR)
    resources.allow(kind=AllowanceKind.NETWORK, pattern="127.0.0.0/8", note="演练", actor=operator, clock=NOON)


def hooked(department: Department, desk: Desk, *causes: Cause) -> tuple[Hook, str]:
    return services.add_hook(
        department_id=department.pk, url=f"http://127.0.0.1:{desk.port}/alarms?科=一", causes=list(causes) or None,
        actor=an_actor(department), clock=NOW,
    )  # fmt: skip


def sent(call: HookCall, clock: Any = NOW) -> HookCall:
    send_call(call.pk, clock=clock)
    call.refresh_from_db()
    return call


def test_both_sides_hear_of_what_they_asked_for_signed_and_once(grant: Grant) -> None:
    allow_this_machine()
    with a_desk() as desk:
        (theirs, secret), (ours, _other) = hooked(grant.provider, desk), hooked(grant.consumer, desk, Cause.SILENT)
        stranger, _none = hooked(a_department("市教育局"), desk)
        failed = DeliveryFailed("D2026-000001", grant.number, grant.request, "dataplane.too_few_rows", NOW.now())
        services.on_alarm(failed)
        services.on_alarm(SourceSilent(grant.number, grant.request, NOW.now(), Bound.CYCLE, NOW.now()))
        assert [call.cause for call in queries.hook_calls(theirs)] == ["silent", "held"]
        assert [call.cause for call in queries.hook_calls(ours)] == ["silent"]
        assert not queries.hook_calls(stranger)
        call = sent(theirs.calls.get(cause="held"))
        assert (call.state, call.tries, call.answer, call.error) == (CallState.DONE, 1, 204, "")
        send_call(call.pk, clock=NOW)  # a second worker finds nothing to do
        ((path, headers, body),) = desk.got
        assert path == "/alarms?%E7%A7%91=%E4%B8%80"
        told = json.loads(body)
        assert (told["alarm"], told["grant"], told["delivery"]) == ("held", grant.number, "D2026-000001")
        assert told["id"] == headers["hefu-id"]
        digest = hmac.new(secret.encode(), f"{headers['hefu-time']}.".encode() + body, hashlib.sha256).hexdigest()
        assert headers["hefu-signature"] == f"v1={digest}"
    assert secret not in theirs.sealed
    assert secret not in str(list(Record.objects.values_list("body", flat=True)))


def test_what_is_not_taken_is_sent_again_later_and_later_and_given_up(grant: Grant) -> None:
    allow_this_machine()
    with a_desk() as desk:
        desk.answers = [500, 302, 404, 204]
        hook, _secret = hooked(grant.provider, desk)
        call, at = services.test_hook(hook_id=hook.pk, actor=an_actor(grant.provider), clock=NOW), NOW.now()
        for tries, answer in enumerate((500, 302, 404), start=1):
            sent(call, FixedClock(at))
            assert (call.state, call.tries, call.answer) == (CallState.WAITING, tries, answer)
            assert call.next_try_at == at + CALL_PAUSES[tries - 1]
            sent(call, FixedClock(at))  # too early
            assert call.tries == tries
            at += CALL_PAUSES[tries - 1]
        assert [path for path, _headers, _body in desk.got] == ["/alarms?%E7%A7%91=%E4%B8%80"] * 3  # nowhere else
        assert len({headers["hefu-id"] for _path, headers, _body in desk.got}) == 1
        assert sent(call, FixedClock(at)).state == CallState.DONE
        again = services.test_hook(hook_id=hook.pk, actor=an_actor(grant.provider), clock=NOW)
    at = NOW.now()
    for pause in (*CALL_PAUSES, timedelta(0)):  # the server is gone
        sent(again, FixedClock(at))
        assert again.answer is None
        at += pause
    assert again.state == CallState.FAILED
    assert "127.0.0.1" in again.error or "away" in again.error
    assert services.sweep_calls(clock=FixedClock(at)) == 0
    services.sweep_calls(clock=FixedClock(at + timedelta(days=100)))
    assert not HookCall.objects.exists()


def test_a_receiver_that_dribbles_is_not_waited_for(grant: Grant, monkeypatch: pytest.MonkeyPatch) -> None:
    allow_this_machine()
    monkeypatch.setattr(calling, "CALL_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        desk = Desk(port=server.getsockname()[1])
        hook, _secret = hooked(grant.provider, desk)
        call = services.test_hook(hook_id=hook.pk, actor=an_actor(grant.provider), clock=NOW)
        began = time.monotonic()
        assert sent(call).state == CallState.WAITING
        assert time.monotonic() - began < 5
        assert call.error


def test_no_alarm_reaches_what_the_operator_has_not_opened(grant: Grant) -> None:
    with a_desk() as desk:
        hook, _secret = hooked(grant.provider, desk)
        call = sent(services.test_hook(hook_id=hook.pk, actor=an_actor(grant.provider), clock=NOW))
        assert (desk.got, call.answer) == ([], None)
        assert "may not be reached" in call.error
    for url in ("http://169.254.169.254/latest", "file:///etc/passwd", "https://a:b@desk.example/"):
        try:
            made, _other = services.add_hook(
                department_id=grant.provider_id, url=url, actor=an_actor(grant.provider), clock=NOW
            )
        except InputsRejected:
            continue
        call = sent(services.test_hook(hook_id=made.pk, actor=an_actor(grant.provider), clock=NOW))
        assert "may not be reached" in call.error
    with pytest.raises(NotFound):
        services.test_hook(hook_id=hook.pk, actor=an_actor(grant.consumer), clock=NOW)
    with pytest.raises(Forbidden):
        services.add_hook(
            department_id=grant.provider_id, url="https://desk.example/", actor=an_actor(grant.consumer), clock=NOW
        )


def test_an_officer_registers_tries_and_drops_an_address_by_page_and_command(grant: Grant) -> None:
    allow_this_machine()
    officer = a_person(seats={grant.consumer.pk: [Role.OFFICER]})
    client = Client()
    client.force_login(officer, backend="allauth.account.auth_backends.AuthenticationBackend")
    with a_desk() as desk:
        form = {"url": f"http://127.0.0.1:{desk.port}/", "causes": ["failed", "silent"]}
        page = client.post("/deliveries/alarms/", form)
        (hook,) = queries.hooks(viewer=an_actor(grant.consumer))
        assert hook.causes == ["failed", "silent"]
        assert page["Cache-Control"] == "no-store"
        assert "<code>" in page.content.decode()
        assert "<code>" not in client.get("/deliveries/alarms/").content.decode()
        assert client.post("/deliveries/alarms/", {"url": "ftp://x", "causes": ["failed"]}).status_code == 422
        client.post(f"/deliveries/alarms/{hook.pk}/test")
        sent(hook.calls.get(), FixedClock(NOW.now() + timedelta(days=400)))
        assert len(desk.got) == 1
        shown = client.get(f"/deliveries/alarms/{hook.pk}/").content.decode()
        assert "204" in shown
        run = CliRunner(env={"HEFU_LANG": "en"}).invoke
        result = run(hefu, ["exchange", "alarms", "sent", str(hook.pk), "--as", officer.username, "--json"])
        assert [(one["cause"], one["state"]) for one in json.loads(result.output)] == [("test", "done")]
        operator = an_actor(a_department("市大数据中心"), Role.OPERATOR)
        assert queries.shown_url(hook, viewer=an_actor(grant.consumer)) == hook.url
        assert queries.shown_url(hook, viewer=operator) == "127.0.0.1"  # the rest may be what lets one send there
        assert queries.last_calls([hook])[hook.pk].answer == 204
        client.post(f"/deliveries/alarms/{hook.pk}/drop")
        raced = HookCall.objects.create(
            id=new_id(NOW.now()), hook=hook, cause="failed", body="{}", made_at=NOW.now(), next_try_at=NOW.now()
        )
        assert services.sweep_calls(clock=FixedClock(NOW.now() + timedelta(days=1))) == 0
        raced.refresh_from_db()
        assert raced.state == CallState.FAILED
        assert not queries.hooks(viewer=an_actor(grant.consumer))
        assert client.get(f"/deliveries/alarms/{hook.pk}/").status_code == 404
