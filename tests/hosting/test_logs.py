import json
import logging
import os
import socket
import subprocess
import sys
import uuid

import pytest
import requests
from django.test import Client

from dashboard.jobs.provider_job import ProviderState
from dashboard.logs.context import ContextFilter, ref, request_id, set_id
from dashboard.logs.json_lines import make_formatter
from dashboard.provider.client import Client as ProviderClient
from engine.models import Render
from tests.hosting.web_server import ROOT, run_web_server
from tests.local_web import LocalWeb, answer
from tests.services import free_port
from videos import tasks


@pytest.fixture
def lines():
    """Records of everything that is logged, with the ids that they would have in JSON."""
    records: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    handler = Keep()
    handler.addFilter(ContextFilter())
    root = logging.getLogger()
    root.addHandler(handler)
    yield records
    root.removeHandler(handler)


def test_a_line_is_one_object_with_its_ids():
    record = logging.LogRecord("videos.tasks", logging.INFO, __file__, 1, "made %s", ("video 7",), None)
    with set_id(request_id, "abc"), set_id(ref, "some-video"):
        ContextFilter().filter(record)
    line = json.loads(make_formatter().format(record))
    assert line.pop("time").endswith("+00:00")
    assert line.pop("process") > 0
    assert line == {
        "level": "INFO",
        "logger": "videos.tasks",
        "message": "made video 7",
        "request_id": "abc",
        "ref": "some-video",
    }


def test_every_answer_has_the_id_of_its_request(db):
    first, second = (Client().get("/health/live").headers["X-Request-ID"] for _ in range(2))
    assert first != second
    assert Client().get("/health/live", headers={"X-Request-ID": "from-proxy.1"}).headers["X-Request-ID"] == (
        "from-proxy.1"
    )


@pytest.mark.parametrize(
    "given", ["short", "x" * 65, "with space in it", "line\x85break-in-it", "ümlaut-umlaut"]
)
def test_an_id_that_is_none_is_replaced(db, given):
    assert Client().get("/health/live", headers={"X-Request-ID": given}).headers["X-Request-ID"] != given


def test_one_id_leads_from_the_click_to_the_request_to_the_provider(
    db, lines, new_video, settings, django_capture_on_commit_callbacks
):
    web = LocalWeb()
    seen = []

    def list_videos(handler):
        seen.append(handler.headers.get("X-Request-ID"))
        answer(handler, b'{"code": 0, "data": [], "message": "success"}')

    web.pages["/v1/cg_avatar/video.list"] = list_videos
    video = new_video(state=ProviderState.WAITING)
    with django_capture_on_commit_callbacks(), set_id(request_id, "the-click"):
        tasks.start(video)
    (click,) = [line for line in lines if line.name == "dashboard.jobs.enqueue"]
    assert (click.request_id, click.ref) == ("the-click", str(video.client_ref))
    with set_id(ref, video.log_ref):  # as the runner does around every task
        ProviderClient(web.url, "token").list_videos()
    web.close()
    assert seen == [str(video.client_ref)]


def test_the_renderers_lines_have_the_reference_that_the_dashboard_sent():
    sent = str(uuid.uuid4())
    assert Render(client_ref=sent).log_ref == sent


@pytest.mark.slow
def test_all_lines_of_the_web_process_are_json(tmp_path):
    """Those of gunicorn too, and errors with their traceback in one line."""
    with run_web_server(tmp_path, LOG_FORMAT="json") as web:
        (web.data / "db.sqlite3").rename(web.data / "elsewhere")
        sent = {"X-Request-ID": "find-me-again"}
        requests.get(f"{web.url}/accounts/login/", headers=sent, timeout=30)
    found = [json.loads(line) for line in web.log.read_text().splitlines()]
    assert {"gunicorn.error", "django.request"} <= {line["logger"] for line in found}
    failed = [line for line in found if line.get("request_id") == "find-me-again"]
    assert any("Traceback" in line.get("exc_info", "") for line in failed)


@pytest.mark.slow
def test_an_output_that_cannot_take_the_logs_is_one_sentence(tmp_path):
    """A socket, as systemd gives it, cannot be opened a second time."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
    ours, theirs = socket.socketpair()
    with ours, theirs:
        done = subprocess.run(
            [sys.executable, "manage.py", "launch"],
            cwd=ROOT,
            env=kept | {"DATA_DIR": str(tmp_path), "PORT": str(free_port()), "LOG_TO": "console"},
            stdout=theirs,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode != 0
    assert done.stderr.startswith("CommandError: LOG_TO=console does not work with this output")
