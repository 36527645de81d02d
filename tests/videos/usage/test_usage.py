"""The page "Usage": its figures, its charts, its sheets."""

import csv
import io
import re
import uuid
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from django_q.models import OrmQ

from dashboard.metrics import storage_use
from dashboard.models import Lease, StorageUse
from videos.models import Video
from videos.usage.figures import MAX_REASONS, OTHER_REASONS, collect_usage


@pytest.fixture(autouse=True)
def _nothing_kept(db) -> None:
    cache.clear()


def make(person, *, days: float = 1.0, took: float | None = 60, seconds: float = 30, **fields) -> Video:
    """A video that was ordered some days ago; without `took` it is not ready."""
    ordered = timezone.now() - timedelta(days=days)
    done = (
        {"state": "ready", "finished_at": ordered + timedelta(seconds=took), "seconds": seconds}
        if took
        else {}
    )
    values = {"title": "V", "made_by": person, "created_at": ordered, "client_ref": uuid.uuid4()}
    return Video.objects.create(**values | done | fields)


def test_videos_and_minutes_are_counted_by_day(maria, tom):
    make(maria, seconds=90)
    make(maria, seconds=30)
    make(tom, days=3, state="failed", error="No.", took=None)
    make(None)  # made elsewhere
    make(maria, days=31)
    usage = collect_usage(30)
    assert (len(usage.periods), usage.ready, usage.failed, usage.minutes) == (30, 2, 1, 2.0)
    yesterday = usage.periods[-2]
    assert yesterday.start == timezone.localdate() - timedelta(days=1)
    assert (yesterday.ready, yesterday.minutes) == (2, 2.0)
    assert [(one.name, one.ready, one.failed) for one in usage.people] == [("Maria", 2, 0), ("Tom", 0, 1)]


def test_a_year_is_counted_by_week(maria):
    make(maria, days=200)
    usage = collect_usage(365)
    assert usage.by_week
    assert len(usage.periods) in (53, 54)
    assert {period.start.weekday() for period in usage.periods} == {0}
    assert usage.ready == 1


def test_the_time_from_order_to_ready_is_by_the_nearest_rank(maria):
    for took in range(1, 101):
        make(maria, took=took)
    usage = collect_usage(30)
    assert (usage.median, usage.most) == (50, 95)
    assert [wait.seconds for wait in usage.waits] == [50, 75, 90, 95, 99]


def test_one_video_is_its_own_median(maria):
    make(maria, took=7)
    assert (collect_usage(30).median, collect_usage(30).most) == (7, 7)


def test_reasons_of_failures_are_counted_and_the_rarest_summed_up(maria):
    for number in range(MAX_REASONS + 3):
        for _ in range(2 if number == 0 else 1):
            make(maria, took=None, state="failed", error=f"Reason {number:02}.")
    reasons = collect_usage(30).reasons
    assert reasons[0] == ("Reason 00.", 2)
    assert reasons[-1] == (OTHER_REASONS, 3)


def test_the_page_fits_our_content_security_policy_and_escapes_names(signed_in, owner, maria):
    maria.name = "<b>Maria</b>"
    maria.save()
    make(maria)
    make(maria, took=None, state="failed", error="<i>Oh</i>")
    page = signed_in(owner).get("/usage/").content.decode()
    charts = re.findall(r"<svg[^>]*pygal-chart.*?</svg>", page, re.DOTALL)
    assert len(charts) == 2
    assert not re.search(r"<(style|script)|xlink|Pygal<", "".join(charts))
    assert "<title>" in charts[0]
    assert "<b>Maria" not in page
    assert "<i>Oh" not in page
    assert page.count("As a table") == 5  # storage is not measured yet


def test_an_empty_time_says_what_will_be_there(signed_in, owner):
    page = signed_in(owner).get("/usage/?days=nonsense").content.decode()
    assert "Nothing was made in this time" in page
    assert "pygal-chart" not in page


@pytest.mark.parametrize("key", ["videos", "minutes", "waits", "people", "failures", "storage"])
def test_each_table_is_a_sheet(signed_in, owner, maria, key):
    maria.name = "=SUM(1)"
    maria.save()
    make(maria)
    make(maria, took=None, state="failed", error="No.")
    StorageUse.objects.create(day=timezone.localdate(), folder="videos/videos", size=2**21, files=1)
    answer = signed_in(owner).get(f"/usage/{key}.csv?days=30")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) > 1
    assert all(len(row) == len(rows[0]) for row in rows)
    if key == "people":
        assert rows[1] == ["'=SUM(1)", "1", "1", "0.5"]
    if key == "storage":
        assert rows[1] == ["Videos", "2.0"]


def test_the_figures_take_few_queries(signed_in, owner, maria, django_assert_max_num_queries):
    client = signed_in(owner)
    for _ in range(20):
        make(maria)
    with django_assert_max_num_queries(16):
        client.get("/usage/")
    with django_assert_max_num_queries(10):
        client.get("/usage/")  # kept for a minute


# ---------------------------------------------------------------- storage
def test_what_is_stored_is_added_up_by_folder():
    for name in ("videos/videos/a.mp4", "videos/videos/b.mp4", "avatars/portraits/c.jpg"):
        default_storage.save(name, ContentFile(b"12345"))
    storage_use.measure()
    found = dict(StorageUse.objects.values_list("folder", "size"))
    assert found["videos/videos"] >= 10
    assert found["avatars/portraits"] >= 5
    found_files = StorageUse.objects.get(folder="videos/videos").files
    default_storage.delete("videos/videos/b.mp4")
    storage_use.measure()  # later on the same day
    assert StorageUse.objects.get(folder="videos/videos").files == found_files - 1


@pytest.mark.one_machine  # reads the queue in the database
def test_it_is_measured_a_few_times_a_day_by_one_machine():
    before = OrmQ.objects.count()
    storage_use.step()
    storage_use.step()  # another machine
    assert OrmQ.objects.count() == before + 1
    Lease.objects.filter(name="storage-use").update(until=timezone.now() - timedelta(hours=1))
    storage_use.step()
    assert OrmQ.objects.count() == before + 2
