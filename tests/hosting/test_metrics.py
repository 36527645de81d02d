from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from dashboard.jobs.provider_job import ProviderState
from dashboard.jobs.runner import Phase, run
from dashboard.metrics import totals
from dashboard.models import Heartbeat, Total
from dashboard.provider import access
from dashboard.provider.answers import ProviderError
from dashboard.provider.client import Client as ProviderClient
from tests.hosting.web_server import run_web_server
from videos.models import Video

TOKEN = "for-prometheus"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def counted(settings, db):
    settings.METRICS_TOKEN = TOKEN


def read(text: str) -> dict[tuple[str, ...], float]:
    """Samples by their name and the values of their labels, these in the order of the labels' names."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def ask() -> dict[tuple[str, ...], float]:
    response = Client().get("/metrics", headers=BEARER)
    assert response.status_code == 200
    return read(response.content.decode())


def test_without_the_setting_there_are_no_metrics(db):
    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("header", ["", "Bearer wrong", f"Basic {TOKEN}", "Bearer ünknown", TOKEN])
def test_who_does_not_know_the_token_gets_nothing(counted, header):
    response = Client().get("/metrics", headers={"Authorization": header})
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert b"dashboard_" not in response.content


def test_jobs_are_there_by_state_with_the_age_of_the_oldest(counted, new_video):
    long_ago = timezone.now() - timedelta(minutes=10)
    new_video(state=ProviderState.WAITING, state_since=long_ago)
    new_video(state=ProviderState.WAITING)
    new_video(state=ProviderState.READY)
    found = ask()
    assert found["dashboard_jobs", "video", "waiting"] == 2
    assert found["dashboard_jobs", "video", "ready"] == 1
    assert found["dashboard_job_oldest_seconds", "video", "waiting"] == pytest.approx(600, abs=60)
    assert found["dashboard_job_oldest_seconds", "video", "making"] == 0
    assert ("dashboard_job_oldest_seconds", "video", "ready") not in found


def test_processes_that_were_seen_lately_are_counted(counted):
    for number in range(3):
        Heartbeat.objects.create(kind="engine", instance=f"machine{number} 1")
    Heartbeat.objects.filter(instance="machine0 1").update(seen_at=timezone.now() - timedelta(minutes=2))
    assert ask()["dashboard_processes", "engine"] == 2


def test_the_first_attempt_of_a_job_says_how_long_it_waited(counted, new_video):
    video = new_video(state=ProviderState.WAITING, try_after=timezone.now() - timedelta(seconds=40))
    sending = Phase(
        due=(ProviderState.WAITING,),
        working=ProviderState.SENDING,
        waiting=ProviderState.WAITING,
        failed=ProviderState.FAILED,
        lease_seconds=60,
        max_attempts=3,
        sentence="It failed.",
    )
    run(Video, video.pk, sending, lambda job: job.move(ProviderState.MAKING))
    found = ask()
    assert found["dashboard_queue_wait_seconds_count", "video", "sending"] == 1
    assert found["dashboard_queue_wait_seconds_sum", "video", "sending"] == pytest.approx(40, abs=30)


def test_a_provider_that_does_not_answer_is_counted(counted):
    client = ProviderClient("http://127.0.0.1:1", "token")
    for _ in range(2):
        access.clear_problem()  # a provider that is away is asked no more for single things
        with pytest.raises(ProviderError):
            client.list_videos()
    access.clear_problem()
    assert ask()["dashboard_provider_errors_total", "video.list", "unreachable"] == 2


def test_what_rendering_costs_is_the_ratio_of_two_counters(counted):
    with totals.measure_render():
        pass
    totals.add(totals.RENDERED_VIDEO_SECONDS, 12.5)
    totals.add(totals.RENDERED_VIDEO_SECONDS, 2.5)
    found = ask()
    assert found["dashboard_rendered_video_seconds_total",] == 15
    assert found["dashboard_render_seconds_total",] >= 0


def test_without_the_setting_nothing_is_counted(db):
    totals.add(totals.PROVIDER_ERRORS, label="video.list 503")
    assert not Total.objects.exists()


@pytest.mark.slow
def test_requests_of_all_web_processes_are_added_up(tmp_path):
    """Each request may be answered by another of the two."""
    with run_web_server(tmp_path, METRICS_TOKEN=TOKEN) as web:

        def visit(number: int) -> int:
            path = "/v1/cg_avatar/avatar.list" if number % 2 else "/nothing-here"
            return requests.get(web.url + path, timeout=60, allow_redirects=False).status_code

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(visit, range(60))) == {401, 404}
        answers = [
            read(requests.get(f"{web.url}/metrics", headers=BEARER, timeout=30).text) for _ in range(6)
        ]
        assert len(list((web.data / "run" / "metrics").glob("histogram_*.db"))) == 2
    name = "dashboard_http_request_seconds_count"
    assert {found[name, "GET", "api", "401"] for found in answers} == {30}
    assert {found[name, "GET", "pages", "404"] for found in answers} == {30}
