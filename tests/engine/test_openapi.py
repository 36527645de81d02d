"""The API does what its description says, whatever is sent; schemathesis calls it by the description."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dashboard.wsgi import application
from engine import views
from engine.models import JobStatus, Render, Rig
from engine.responses import Code
from tests.engine.conftest import PATHS, PREFIX, method_of
from tests.example_counts import count_examples

EXAMPLES = count_examples(60)  # of each endpoint
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture
def description(db: None) -> dict[str, Any]:
    return Client().get(PREFIX + "openapi.json").json()


def test_programs_and_people_can_read_the_description(description, maria, signed_in):
    assert description["openapi"] == "3.1.0"
    assert description["servers"] == [{"url": "http://testserver/v1/cg_avatar"}]
    page = signed_in(maria).get("/api/").text
    for path in PATHS:
        assert f"/{path}" in description["paths"]
        assert f'id="{path}"' in page
    for code in Code:
        assert f"<td>{int(code)}</td><td>{code.status}</td>" in page
    assert "http://testserver/v1/cg_avatar" in page


def test_every_failure_of_the_description_is_one_of_the_table(description):
    """Each status that an endpoint may answer with names the codes, as the README does."""
    for methods in description["paths"].values():
        for operation in methods.values():
            assert {"401", "429", "500"} <= set(operation["responses"])


@pytest.fixture
def described(description, rig: Rig, monkeypatch, settings) -> Iterator[Any]:
    """The API as its description has it, for the dashboard's own token; every new avatar fails at once."""
    settings.ENGINE_GENERATE_WAIT = 60
    monkeypatch.setattr(views, "pause", lambda seconds: None)
    failed = {"state": JobStatus.ERROR, "error": "Not a picture.", "error_code": Code.NOT_AN_IMAGE}
    monkeypatch.setattr(
        views, "enqueue_job", lambda job: type(job).objects.filter(pk=job.pk).update(**failed)
    )
    for number, state in enumerate(JobStatus.values):
        values: dict[str, Any] = {"state": state, "progress": 25 * number, "client_ref": f"ref {number}"}
        if state == JobStatus.FINISHED:
            values |= {
                "video": "engine/videos/x.mp4",
                "mask": "engine/masks/x.mp4",
                "seconds": 1.5,
                "script": "Hi",
            }
        Render.objects.create(
            rig=rig, audio_url="https://example.com/x.mp3", public_id=f"video{number}", **values
        )
    for signal in (request_started, request_finished):  # the connection of the test's transaction stays open
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi(PREFIX + "openapi.json", application)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("path", PATHS)
def test_no_call_by_the_description_is_answered_otherwise(described, own, path, mode):
    """Positive: what the description allows. Negative: what it does not."""

    @given(case=described[f"/{path}"][method_of(path)].as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def call(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=CHECKS, headers={"Authorization": f"Bearer {own.bearer}"})

    call()


@pytest.mark.slow
def test_finished_videos_are_as_described(described, own):
    """Also where the generated calls did not hit an id that exists."""
    operation = described["/video.get"]["GET"]
    for number, state in enumerate(JobStatus.values):
        case = operation.Case(query={"video_id": f"video{number}"})
        response = case.call_and_validate(checks=CHECKS, headers={"Authorization": f"Bearer {own.bearer}"})
        assert response.json()["data"]["status"] == state
