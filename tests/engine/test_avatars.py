"""avatar.generate and avatar.list, from a link to a preview."""

import threading

import pytest
from django.core.files.storage import default_storage

from engine import animator, tasks, views
from engine.models import JobStatus, Rig
from tests.engine.conftest import enqueued, picture
from tests.local_web import respond_status
from tests.stored_files import list_stored

pytestmark = pytest.mark.slow


def generate(caller, web, page="/face.jpg", **fields):
    return caller("avatar.generate", {"image_url": web.url + page, **fields})


def test_a_portrait_becomes_an_avatar_within_the_call(curl, clusters, web):
    status, envelope = generate(curl, web)
    assert status == 200
    (avatar,) = envelope["data"]
    assert avatar["gender"] == "male"
    assert len(avatar["avatar_id"]) == 32
    assert avatar["preview_url"].startswith("http://testserver/media/")
    preview = curl.client.get(avatar["preview_url"])
    assert preview["Content-Type"] == "image/jpeg"
    assert b"".join(preview.streaming_content)[:2] == b"\xff\xd8"
    assert curl.data("avatar.list") == [avatar]


def test_the_person_cut_out_is_an_extra_of_the_answers(curl, clusters, web, rig):
    (avatar,) = generate(curl, web)[1]["data"]
    cutout = curl.client.get(avatar["cutout_url"])
    assert cutout["Content-Type"] == "image/png"
    assert b"".join(cutout.streaming_content) == b"the person alone"
    assert [("cutout_url" in each) for each in curl.data("avatar.list")] == [True, False]  # `rig` is older


def test_all_faces_are_named_as_shares_of_the_picture_with_what_could_be_better(curl, clusters, web, rig):
    (avatar,) = generate(curl, web)[1]["data"]
    large, small = avatar["faces"]
    assert avatar["face"] == 0
    assert large[:2] == [0, 0]
    assert large[2] == pytest.approx(2 * small[2], abs=1e-4)
    assert large[2] == pytest.approx(small[0], abs=1e-4)
    assert avatar["warnings"] == [animator.WARNINGS["dark"]]
    assert [("faces" in each) for each in curl.data("avatar.list")] == [True, False]  # `rig` is older


def test_where_the_head_is_in_the_frame_is_told_of_avatars_and_of_their_videos(
    curl, clusters, web, rig, pending
):
    (avatar,) = generate(curl, web)[1]["data"]
    assert avatar["framing"] == clusters.framing
    assert [("framing" in each) for each in curl.data("avatar.list")] == [True, False]  # `rig` is older
    tasks.render(pending.pk)
    assert curl.data(f"video.get?video_id={pending.public_id}")["framing"] == clusters.framing
    # And with its first video an older avatar gets it too.
    assert [("framing" in each) for each in curl.data("avatar.list")] == [True, True]


def test_a_face_can_be_asked_for_by_its_number_or_its_box(curl, clusters, web, double):
    generate(curl, web, face=1)
    generate(curl, web, face=[0.5, 0, 0.5, 1])
    number, (x, y) = double.faces
    assert number == 1
    assert (x, y) == (300, 250)  # of 400 x 500


@pytest.mark.parametrize("face", [-1, 100, 1.5, True, "two", [1, 2], [0, 0, 1, 2], [0, 0, 1, None], {"x": 1}])
def test_a_face_that_can_be_none_is_refused(curl, web, face):
    assert generate(curl, web, face=face)[1]["code"] == 1002
    assert not Rig.objects.exists()


def test_the_link_bears_the_host_that_was_asked(curl, rig):
    (avatar,) = curl.data("avatar.list", headers={"Host": "localhost:9000"})
    assert avatar["preview_url"].startswith("http://localhost:9000/media/")


def test_behind_an_https_proxy_the_links_are_https(curl, rig, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    (avatar,) = curl.data("avatar.list", headers={"X-Forwarded-Proto": "https", "Host": "localhost"})
    assert avatar["preview_url"].startswith("https://localhost/media/")


def test_the_picture_is_asked_for_by_the_rigger_not_by_the_web(curl, web, settings):
    settings.ENGINE_GENERATE_WAIT = 0.2
    generate(curl, web)
    assert web.requested == []
    assert enqueued("rig") == [("engine.tasks.build_rig", Rig.objects.get().pk)]


def test_who_waits_too_long_hears_so_while_the_work_goes_on(curl, double, web, settings):
    settings.ENGINE_GENERATE_WAIT = 0.2
    status, envelope = generate(curl, web)
    assert (status, envelope["code"], envelope["data"]) == (504, 1010, None)
    rig = Rig.objects.get()
    assert curl.data("avatar.list") == []
    tasks.build_rig(rig.pk)
    assert [avatar["avatar_id"] for avatar in curl.data("avatar.list")] == [rig.public_id]


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("no_face", 2003),
        ("animal", 2003),
        ("face_too_small", 2004),
        ("turned_away", 2005),
        ("covered", 2005),
        ("too_dark", 2005),
    ],
)
def test_a_face_that_cannot_be_used_is_explained(curl, clusters, web, reason, code):
    clusters.trouble = animator.PortraitError(reason)
    status, envelope = generate(curl, web)
    assert (status, envelope["code"], envelope["data"]) == (400, code, None)
    assert envelope["message"] == str(clusters.trouble)
    assert curl.data("avatar.list") == []


@pytest.mark.parametrize("content", [b"", b"<html>", picture()[:300], b"\x89PNG\r\n\x1a\n" + b"\0" * 100])
def test_a_link_to_something_else_is_no_picture(curl, clusters, web, content):
    web.pages["/face.jpg"] = content
    status, envelope = generate(curl, web)
    assert (status, envelope["code"]) == (400, 2002)
    assert clusters.calls == []


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_other_kinds_of_pictures_are_taken(curl, clusters, web, kind):
    web.pages["/face"] = picture(kind=kind)
    assert generate(curl, web, "/face")[0] == 200


def test_a_dead_link_is_told(curl, clusters, web):
    status, envelope = generate(curl, web, "/gone.jpg")
    assert (status, envelope["code"]) == (400, 2001)
    assert "404" in envelope["message"]
    assert web.requested == ["/gone.jpg"]


def test_a_link_that_fails_for_a_moment_is_tried_twice(curl, clusters, web):
    web.pages["/face.jpg"] = respond_status(503)
    assert generate(curl, web)[1]["code"] == 2001
    assert web.requested == ["/face.jpg"] * 2


@pytest.mark.parametrize(
    "link", ["http://127.0.0.1:1/x.jpg", "http://[::1]/x.jpg", "http://169.254.169.254/latest/meta-data"]
)
def test_nobody_gets_to_see_what_is_behind_the_wall(curl, clusters, link):
    status, envelope = curl("avatar.generate", {"image_url": link})
    assert (status, envelope["code"]) == (400, 2001)
    assert envelope["message"] == "The link leads to an address that this server may not visit."


def test_a_picture_that_is_too_large_is_not_downloaded(curl, clusters, web, settings):
    settings.MAX_PORTRAIT_BYTES = 1000
    assert generate(curl, web)[1]["code"] == 2001


def test_a_mistake_in_the_engine_is_tried_again_and_then_told_without_its_text(curl, clusters, web):
    clusters.trouble = RuntimeError("secret")
    status, envelope = generate(curl, web)
    assert (status, envelope["code"]) == (500, 1011)
    assert "secret" not in str(envelope)
    assert clusters.calls == ["build_rig"] * 2


def test_the_same_reference_is_the_same_avatar(curl, clusters, web):
    first = generate(curl, web, client_ref="maria")[1]["data"]
    assert first[0]["client_ref"] == "maria"
    assert generate(curl, web, client_ref="maria")[1]["data"] == first
    assert clusters.calls == ["build_rig"]
    assert generate(curl, web, client_ref="tom")[1]["data"] != first
    assert generate(curl, web)[1]["data"] != first
    assert generate(curl, web)[1]["data"] != first


def test_a_reference_belongs_to_its_token(curl, own, make_caller, clusters, web):
    first = generate(curl, web, client_ref="1")[1]["data"][0]
    other = generate(make_caller("other"), web, client_ref="1")[1]["data"][0]
    mine = generate(own, web, client_ref="1")[1]["data"][0]
    assert len({each["avatar_id"] for each in (first, other, mine)}) == 3
    shown = {each["avatar_id"]: each.get("client_ref") for each in curl.data("avatar.list")}
    assert shown == {first["avatar_id"]: "1", other["avatar_id"]: None, mine["avatar_id"]: None}
    assert generate(own, web, client_ref="1")[1]["data"][0] == mine


def test_what_failed_is_tried_again_with_the_new_link_under_the_same_reference(curl, clusters, web):
    assert generate(curl, web, "/expired.jpg", client_ref="1")[0] == 400
    (avatar,) = generate(curl, web, client_ref="1")[1]["data"]
    assert Rig.objects.get().public_id == avatar["avatar_id"]


def test_of_two_calls_with_one_reference_at_the_same_moment_one_makes_the_row(
    curl, clusters, web, monkeypatch
):
    (first,) = generate(curl, web, client_ref="1")[1]["data"]
    earlier = views._find_by_reference
    looks = iter([lambda *args: None, earlier])  # the first look came too early
    monkeypatch.setattr(views, "_find_by_reference", lambda *args: next(looks)(*args))
    assert generate(curl, web, client_ref="1")[1]["data"] == [first]
    assert Rig.objects.count() == 1
    assert len(enqueued("rig")) == 1


def test_waiting_never_takes_all_threads_of_the_web(curl, own, clusters, web, monkeypatch):
    monkeypatch.setattr(views, "_waiting_slots", threading.BoundedSemaphore(1))
    with views._waiting_slots:
        response = curl.response("avatar.generate", {"image_url": web.url + "/face.jpg"})
        assert (response.status_code, response.json()["code"]) == (503, 1007)
        assert response["Retry-After"] == "5"
        assert not Rig.objects.exists()
        assert generate(own, web)[0] == 200
    assert generate(curl, web)[0] == 200
    generate(curl, web, "/gone.jpg")
    assert generate(curl, web)[0] == 200  # a failure gives its seat back


def test_a_failed_attempt_leaves_no_files(curl, clusters, web, settings):
    clusters.trouble = animator.PortraitError("no_face")
    generate(curl, web)
    assert not list_stored()
    assert not list(settings.FILE_UPLOAD_TEMP_DIR.glob("engine-*"))


def test_lists_are_newest_first_and_can_be_paged(own, django_assert_num_queries):
    rigs = [
        Rig(image_url="https://e.com/x", public_id=f"{n:032}", state=JobStatus.FINISHED, preview=f"{n}.jpg")
        for n in range(1010)
    ]
    Rig.objects.bulk_create(rigs)
    with django_assert_num_queries(1):
        newest = own.data("avatar.list")
    assert [avatar["avatar_id"] for avatar in newest] == [rig.public_id for rig in reversed(rigs)][:1000]
    page = own.data("avatar.list?limit=2&offset=1008")
    assert [int(avatar["avatar_id"]) for avatar in page] == [1, 0]
    named = own.data(f"avatar.list?ids={rigs[3].public_id},{rigs[5].public_id},unknown")
    assert [int(avatar["avatar_id"]) for avatar in named] == [5, 3]
    for wrong in ("limit=x", "limit=-1", "limit=1001", "offset=1e3", "limit=٣"):
        assert own(f"avatar.list?{wrong}")[1]["code"] == 1002


def test_the_files_of_an_avatar_lie_in_the_storage_under_its_id(curl, clusters, web):
    generate(curl, web)
    rig = Rig.objects.get()
    assert default_storage.exists(f"engine/rigs/{rig.public_id}-1.npz")
    assert default_storage.exists(f"engine/previews/{rig.public_id}-1.jpg")
