"""The processes that are killed: sender, web server, escalator, and broken ones to compare with.

The broken ones are what hurried programs do. `send-then-mark` forgets what it sent when it dies in
between; `mark-then-send` believes it sent what it did not; `thank-then-store` thanks for what is
not kept. The harness must catch all three, or its silence about ours means nothing.
"""

import io
import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.test import Client

import flows.start  # noqa: F401  starts Django before any model is imported
from flows import alert, send, upkeep, weekly
from flows.migrate import to_this_version
from surveys.actions import answer, mail
from surveys.actions.enrol import enrol
from surveys.actions.schedule import open_due
from surveys.actions.send import due_invitations, invite
from surveys.models import Occurrence
from tests.cast import MINUTE, ana_row, lindqvist, okafor, phq9
from tests.crash import records
from tests.crash.boundaries import watch


def set_up(now: datetime, *, due: int, invited: int, alarmed: int) -> None:
    """So many patients with a survey due; with one sent, its link out; with an open alert."""
    okafor()
    lindqvist()
    for n in range(due + invited + alarmed):
        enrol(ana_row(code=f"C-{n}", email=f"p{n}@mail.example"), by="front desk", now=now)
    open_due(now=now)
    sent, asked = invited + alarmed, due_invitations(now=now)
    for pk in asked[:sent]:
        invite(pk, by="system", now=now)
    for pk in asked[:alarmed]:
        answers = {"phq9": phq9(*[0] * 8, 1)}
        row = Occurrence.objects.get(pk=pk)
        answer.submit(row, answers, mode="web", by="patient", now=now)


def ours(now: datetime) -> None:
    upkeep.sweep_stuck(by="system", now=now)
    send.run_once(now)


def escalator(now: datetime) -> None:
    alert.run_once(now)


def settle(now: datetime) -> None:
    """What runs every minute anyway, when every lease and then every wait has passed."""
    for minutes in (40, 110):
        ours(now + minutes * MINUTE)
        escalator(now + minutes * MINUTE)


def send_then_mark(now: datetime) -> None:
    for pk in due_invitations(now=now):
        mail._transport()(_letter(pk))
        Occurrence.objects.filter(pk=pk).update(state="sent")


def mark_then_send(now: datetime) -> None:
    for pk in due_invitations(now=now):
        Occurrence.objects.filter(pk=pk).update(state="sent")
        mail._transport()(_letter(pk))


def _letter(pk: int) -> mail.Letter:
    return mail.Letter(str(pk), f"p{pk}@mail.example", "in@alder.example", "Alder", "Hi", "h", "h")


class Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def web(now: datetime, *, requests: int, application: Callable | None = None) -> None:
    """Says on which port it listens, then answers so many requests."""
    application = application or get_wsgi_application()
    server = make_server("127.0.0.1", 0, application, handler_class=Silent)
    print("port", server.server_port, flush=True)
    for _ in range(requests):
        server.handle_request()


def thank_then_store(now: datetime, *, requests: int) -> None:
    """A web server that says thanks before anything is stored."""
    honest = get_wsgi_application()

    def hasty(environ: dict, start_response: Callable) -> Iterator[bytes]:
        if environ["REQUEST_METHOD"] != "POST":
            yield from honest(environ, start_response)
            return
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        start_response("303 See Other", [("Location", "/s/thanks/"), ("Content-Length", "1")])
        yield b" "
        honest({**environ, "wsgi.input": io.BytesIO(body)}, lambda *_: None)

    web(now, requests=requests, application=hasty)


def web_in_need(now: datetime, *, requests: int, room: int, patience: float) -> None:
    """A web server that may make no file longer than `room` bytes and waits so many seconds for a
    locked database."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    connections["default"].settings_dict["OPTIONS"]["timeout"] = patience
    web(now, requests=requests)


def week(now: datetime, *, shelf: str) -> None:
    """The weekly run, its files in a folder of its own."""
    settings.REPORTS_FOLDER = Path(shelf)
    weekly.run_once(now)


def migrate(now: datetime) -> None:
    to_this_version()


ROLES: dict[str, Callable] = {
    "set up": set_up,
    "ours": ours,
    "escalator": escalator,
    "settle": settle,
    "week": week,
    "migrate": migrate,
    "web": web,
    "web in need": web_in_need,
    "send-then-mark": send_then_mark,
    "mark-then-send": mark_then_send,
    "thank-then-store": thank_then_store,
}


def carry_out(order: dict) -> None:
    """One order: the records to use, the way mail leaves, the role, the hour."""
    connections["default"].settings_dict["NAME"] = order["records"]
    for name, value in order["mail"].items():
        setattr(settings, name, value)
    mail._transport.cache_clear()
    ROLES[order["role"]](datetime.fromisoformat(order["now"]), **order["facts"])


def live_and_die(order: dict) -> None:
    """Says which boundaries it crossed, unless the last of them is number `die_at` (from 1)."""
    crossed: list[str] = []

    def cross(name: str) -> None:
        crossed.append(name)
        if len(crossed) == order["die_at"]:
            os.kill(os.getpid(), signal.SIGKILL)

    watch(cross)
    carry_out(order)
    print(json.dumps(crossed), flush=True)
    os._exit(0)


def warm_up(first: dict) -> None:
    """What is loaded on first use is loaded here, on records and mail that nobody looks at."""
    source = Path(first["records"])
    scratch = source.with_name(f"{source.name}_scratch")
    records.copy(source, scratch)
    aside = {"records": str(scratch), "mail": {"MAIL": "file"}, "facts": {}, "role": "settle"}
    carry_out({**first, **aside})
    Client().get("/s/", headers={"host": "127.0.0.1"})
    connections.close_all()


def nursery() -> None:
    """Sets up and warms itself; then forks a process for each order, so that a kill costs no
    start-up. Says the child's number, then "over" once it is gone, killed or finished."""
    first = json.loads(sys.stdin.readline())
    carry_out(first)
    connections.close_all()
    warm_up(first)
    print("ready", flush=True)
    child = 0
    for line in sys.stdin:
        if child:
            os.waitpid(child, 0)
        child = os.fork()
        if child == 0:
            print("child", os.getpid(), flush=True)
            live_and_die(json.loads(line))
        # its number stays its own until the next order: a kill that comes too late hits nobody
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        print("over", flush=True)


if __name__ == "__main__":
    nursery()
