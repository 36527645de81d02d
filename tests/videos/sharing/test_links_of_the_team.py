"""The team's side: making, changing and ending links, answering comments, the owners' list."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.audit.models import AuditEntry
from videos.models import Share
from videos.sharing.forms import parse_site

pytestmark = pytest.mark.django_db


def create(client, video, **data):
    return client.post(f"{video.get_absolute_url()}links/new/", data)


def test_a_link_is_made_shown_again_and_switched_off_and_on(signed_in, maria, tom, video):
    client = signed_in(maria)
    page = client.get(create(client, video, note="Kim & Co", allows_embedding="on")["Location"])
    share = Share.objects.get()
    assert f"http://testserver/share/{share.token}/" in page.text
    assert f"&lt;iframe src=&quot;http://testserver/share/{share.token}/embed/" in page.text.replace(
        '"', "&quot;"
    )
    assert len(share.token) >= 32
    assert share.token in signed_in(tom).get(video.get_absolute_url()).text  # the whole team may send it
    client.post(f"{share.get_absolute_url()}off/")
    share.refresh_from_db()
    assert not share.is_usable
    client.post(f"{share.get_absolute_url()}on/")
    share.refresh_from_db()
    assert share.is_usable
    actions = AuditEntry.objects.filter(action__startswith="share_").values_list("action", flat=True)
    assert set(actions) == {"share_created", "share_revoked", "share_restored"}
    assert not AuditEntry.objects.filter(subject__contains=share.token).exists()


def test_the_options_of_a_link_are_saved(signed_in, maria, video):
    day = timezone.localdate() + timedelta(days=3)
    data = {
        "until": str(day),
        "new_password": "a secret word",
        "allows_embedding": "on",
        "sites_text": "Blog.Example.com\nhttps://*.example.org/page, http://localhost:3000",
    }
    create(signed_in(maria), video, **data)
    share = Share.objects.get()
    assert timezone.localdate(share.expires_at) == day
    assert share.is_password("a secret word")
    assert share.sites == ["https://blog.example.com", "https://*.example.org", "http://localhost:3000"]
    signed_in(maria).post(share.get_absolute_url(), {"no_password": "on"})
    share.refresh_from_db()
    assert (share.password, share.expires_at, share.allows_embedding, share.sites) == ("", None, False, [])


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"until": "2020-01-01"}, "Choose a day that is not over."),
        ({"new_password": "short"}, "at least 6 characters"),
        ({"sites_text": "'self'; script-src *"}, "is no website"),
        ({"sites_text": "javascript:alert(1)"}, "is no website"),
    ],
)
def test_options_that_cannot_be_are_explained(signed_in, maria, video, data, sentence):
    answer = create(signed_in(maria), video, **data)
    assert (answer.status_code, Share.objects.count()) == (422, 0)
    assert sentence in answer.text


@pytest.mark.parametrize(
    "text", ["*", "", "https://", "a b.example", "https://user@example.com", "ftp://a.example"]
)
def test_a_site_is_an_origin_and_nothing_else(text):
    with pytest.raises(ValueError, match="^" + re.escape(text.lower().strip())):
        parse_site(text)


def test_a_comment_is_seen_answered_and_deleted(signed_in, maria, client, new_share):
    share = new_share(allows_comments=True)
    comment = share.comments.create(name="Kim", text="Louder, please", at_seconds=0.2)
    team, page = signed_in(maria), share.video.get_absolute_url()
    shown = team.get(page).text
    assert "Louder, please" in shown
    assert 'data-seek="0.20"' in shown
    assert "1 new comment" in shown
    team.post(f"{page}links/comments/seen/")
    assert "new comment" not in team.get(page).text
    team.post(f"{page}links/comments/{comment.pk}/answer/", {"answer": "It is <louder> now."})
    assert "It is &lt;louder&gt; now." in client.get(share.public_path).text
    team.post(f"{page}links/comments/{comment.pk}/delete/")
    assert not share.comments.exists()


def test_a_link_belongs_to_the_video_of_its_address(signed_in, maria, tom, new_share, new_video):
    other = new_video(made_by=tom)
    share = new_share()
    comment = share.comments.create(name="Kim", text="Hi")
    client, page = signed_in(tom), other.get_absolute_url()
    assert client.post(f"{page}links/{share.pk}/off/").status_code == 404
    assert client.post(f"{page}links/comments/{comment.pk}/delete/").status_code == 404


def test_owners_find_all_links(signed_in, owner, new_share):
    new_share(note="Kim")
    new_share(note="Ended", expires_at=timezone.now() - timedelta(days=1))
    new_share(note="Off", revoked_at=timezone.now())
    client = signed_in(owner)
    assert client.get("/shared/").text.count("A film for Kim · ") == 3
    for state, note in (("on", "Kim"), ("over", "Ended"), ("off", "Off")):
        page = client.get(f"/shared/?state={state}").text
        assert [name for name in ("Kim", "Ended", "Off") if f"A film for Kim · {name}" in page] == [note]
