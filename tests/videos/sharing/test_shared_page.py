"""What a visitor without an account gets by a link, and what not."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from dashboard.files import signed_links
from tests.sign_in import expect_sign_in
from videos.models import Share, Video

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor():
    cache.clear()  # the limits of earlier tests
    return Client()


def find_file(page: str) -> str:
    return re.search(r'<video[^>]* src="([^"]+)"', page)[1]


def test_a_visitor_sees_the_video_with_title_captions_and_poster_and_gets_no_cookie(visitor, new_share):
    share = new_share()
    page = visitor.get(share.public_path)
    assert page.status_code == 200
    assert "A film for Kim" in page.text
    assert "AI-generated" in page.text
    for address in re.findall(r'(?:src|poster)="(/share/[^"]+)"', page.text):
        assert visitor.get(address).status_code == 200, address
    assert len(re.findall(r'(?:src|poster)="(/share/[^"]+)"', page.text)) == 3
    assert not visitor.cookies
    assert "noindex" in page["X-Robots-Tag"]
    assert '<meta name="robots" content="noindex' in page.text
    assert (
        f'<meta property="og:image" content="http://testserver/share/{share.token}/poster.jpg">' in page.text
    )
    assert visitor.get(f"/share/{share.token}/poster.jpg")["Content-Type"] == "image/jpeg"


def test_ranges_of_a_shared_file_are_sent(visitor, new_share):
    address = find_file(visitor.get(new_share().public_path).text)
    part = visitor.get(address, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part["Content-Length"]) == (206, "10")
    assert "noindex" in part["X-Robots-Tag"]


def test_behind_nginx_the_proxy_sends_a_shared_file(visitor, new_share, settings):
    settings.X_ACCEL_PREFIX = "/protected-media/"
    answer = visitor.get(find_file(visitor.get(new_share().public_path).text))
    assert answer["X-Accel-Redirect"].startswith("/protected-media/videos/videos/film")


def end(share):
    Share.objects.filter(pk=share.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def switch_off(share):
    Share.objects.filter(pk=share.pk).update(revoked_at=timezone.now())


@pytest.mark.parametrize("change", [end, switch_off])
def test_a_link_that_ended_shows_nothing_and_its_files_end_with_it(visitor, new_share, change):
    share = new_share(allows_embedding=True, allows_comments=True)
    file = find_file(visitor.get(share.public_path).text)
    change(share)
    page = visitor.get(share.public_path)
    assert page.status_code == 410
    assert "A film for Kim" not in page.text
    assert visitor.get(share.embed_path).status_code == 410
    assert visitor.get(file).status_code == 404
    assert visitor.get(f"/share/{share.token}/poster.jpg").status_code == 404
    assert visitor.post(f"{share.public_path}comment/", {"name": "Kim", "text": "Hi"}).status_code == 410


def test_deleting_the_video_ends_its_links(visitor, new_share, signed_in, maria):
    share = new_share()
    file = find_file(visitor.get(share.public_path).text)
    signed_in(maria).post(f"{share.video.get_absolute_url()}delete/")
    assert visitor.get(share.public_path).status_code == 410  # in the trash
    assert visitor.get(file).status_code == 404
    Video.all_objects.get(pk=share.video_id).delete()
    assert visitor.get(share.public_path).status_code == 404


def test_a_link_opens_nothing_but_its_own_video(visitor, new_share, new_video, video):
    mine, other = new_share(), new_share()
    file = find_file(visitor.get(mine.public_path).text)
    assert visitor.get(file.replace(mine.token, other.token)).status_code == 404
    hidden = signed_links._signer.sign_object([mine.pk, video.mask.name, "", 9e9, ""], compress=True)
    assert visitor.get(f"{mine.public_path}file/{hidden}/mask.mp4").status_code == 404
    with expect_sign_in():
        visitor.get(signed_links.link(video.video.name))
    with expect_sign_in():
        visitor.get(video.get_absolute_url())
    assert visitor.get("/share/no-such-token/").status_code == 404


def test_a_mask_is_never_sent_even_by_an_address_that_is_signed_well(visitor, new_share, video):
    from videos.sharing import visits

    share = new_share()
    assert visitor.get(visits._sign(share, video.video.name)).status_code == 200
    assert visitor.get(visits._sign(share, video.mask.name)).status_code == 404


def test_the_link_follows_when_the_video_gets_another_look(visitor, new_share, video):
    share = new_share()
    before = find_file(visitor.get(share.public_path).text)
    video.styled_video.save("styled.mp4", ContentFile(b"styled"), save=False)
    Video.objects.filter(pk=video.pk).update(
        styled_video=video.styled_video.name, styled_key=video.parsed_look.key
    )
    after = find_file(visitor.get(share.public_path).text)
    assert visitor.get(after).getvalue() == b"styled"
    assert visitor.get(before).status_code == 404  # the original is not what the team shows now


def test_a_video_that_cannot_be_shown_now_says_so(visitor, new_share, video):
    share = new_share()
    Video.objects.filter(pk=video.pk).update(missing_files=["video"])
    page = visitor.get(share.public_path)
    assert (page.status_code, "Not available now" in page.text) == (503, True)


# ---------------------------------------------------------------- passwords


def test_a_password_hides_even_the_title_until_it_is_right(visitor, new_share):
    share = new_share("a secret word")
    assert "a secret" not in share.password
    locked = visitor.get(share.public_path)
    assert "A film for Kim" not in locked.text
    assert "og:" not in locked.text
    assert visitor.get(f"/share/{share.token}/poster.jpg").status_code == 404
    assert visitor.post(share.public_path, {"password": "wrong word"}).status_code == 403
    opened = visitor.post(share.public_path, {"password": "a secret word"}, follow=True)
    assert "A film for Kim" in opened.text
    assert visitor.get(find_file(opened.text)).status_code == 200
    cookie = visitor.cookies[f"shared_{share.pk}"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (share.public_path, True, "Lax")


def test_another_password_closes_what_the_old_one_opened(visitor, new_share):
    share = new_share("a secret word")
    page = visitor.post(share.public_path, {"password": "a secret word"}, follow=True)
    share.set_password("another word")
    share.save()
    assert "A film for Kim" not in visitor.get(share.public_path).text
    assert visitor.get(find_file(page.text)).status_code == 404


def test_guessing_a_password_is_slowed_down_and_others_are_not_locked_out(visitor, new_share):
    share = new_share("a secret word")
    answers = [visitor.post(share.public_path, {"password": f"guess {n}"}).status_code for n in range(7)]
    assert answers == [403] * 5 + [429] * 2
    assert visitor.post(share.public_path, {"password": "a secret word"}).status_code == 429
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert elsewhere.post(share.public_path, {"password": "a secret word"}).status_code == 302


# ---------------------------------------------------------------- embedding


def test_only_an_embeddable_video_can_be_framed_and_only_its_embed_page(visitor, new_share):
    share = new_share()
    assert visitor.get(share.embed_path).status_code == 404
    share = new_share(allows_embedding=True, sites=["https://blog.example.com", "https://*.example.org"])
    page = visitor.get(share.embed_path)
    assert (
        "frame-ancestors https://blog.example.com https://*.example.org;"
        in page["Content-Security-Policy"] + ";"
    )
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert "X-Frame-Options" not in page
    page = visitor.get(share.public_path)
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"
    assert (
        "frame-ancestors *"
        in visitor.get(new_share(allows_embedding=True).embed_path)["Content-Security-Policy"]
    )


def test_in_a_frame_a_password_works_without_any_cookie(visitor, new_share):
    share = new_share("a secret word", allows_embedding=True)
    assert "A film for Kim" not in visitor.get(share.embed_path).text
    page = visitor.post(share.embed_path, {"password": "a secret word"})
    assert not visitor.cookies
    assert visitor.get(find_file(page.text)).status_code == 200


# ---------------------------------------------------------------- downloads, views, comments


def test_a_download_is_offered_only_where_it_is_allowed(visitor, new_share):
    assert "Download video" not in visitor.get(new_share().public_path).text
    share = new_share(allows_download=True)
    address = re.search(r'href="([^"]+)" download', visitor.get(share.public_path).text)[1]
    assert visitor.get(address)["Content-Disposition"] == 'attachment; filename="A film for Kim.mp4"'
    share.allows_download = False
    share.save()
    assert visitor.get(address).status_code == 404


def test_a_view_is_a_start_of_the_player_and_not_a_request_for_a_part(visitor, new_share, signed_in, maria):
    share = new_share()
    file = find_file(visitor.get(share.public_path).text)
    for start in range(3):
        visitor.get(file, headers={"Range": f"bytes={start}-"})
    assert share.views == 0
    visitor.post(f"{share.public_path}played/")
    visitor.post(f"{share.public_path}played/")
    signed_in(maria).post(f"{share.public_path}played/")
    assert share.views == 2
    assert share.days.get().day == timezone.localdate()


def test_a_comment_is_kept_at_its_moment_and_shown_as_text(visitor, new_share):
    share = new_share(allows_comments=True)
    data = {"name": "<b>Kim</b>", "text": "<script>alert(1)</script>", "at_seconds": "99"}
    answer = visitor.post(f"{share.public_path}comment/", data)
    comment = share.comments.get()
    assert answer["Location"] == f"{share.public_path}#comment-{comment.pk}"
    assert comment.at_seconds == 0.4  # the end of the video
    page = visitor.get(share.public_path).text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_comments_are_refused_where_they_are_not_allowed_locked_or_too_many(visitor, new_share):
    data = {"name": "Kim", "text": "Louder", "at_seconds": "0.1"}
    share = new_share()
    assert visitor.post(f"{share.public_path}comment/", data).status_code == 404
    locked = new_share("a secret word", allows_comments=True)
    visitor.post(f"{locked.public_path}comment/", data)
    assert not locked.comments.exists()
    share = new_share(allows_comments=True)
    for odd in ({"name": ""}, {"text": " "}, {"text": "x" * 2001}, {"at_seconds": "nan"}):
        assert visitor.post(f"{share.public_path}comment/", data | odd).status_code in {302, 422}
    assert visitor.post(f"{share.public_path}comment/", data | {"text": "a\0b"}).status_code == 400
    share.comments.all().delete()
    cache.clear()
    statuses = [visitor.post(f"{share.public_path}comment/", data).status_code for _ in range(6)]
    assert statuses == [302] * 5 + [429]
