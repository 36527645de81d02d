"""What a portrait said about itself is kept beside it, and is an ingredient of its videos."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from avatars import services
from avatars.models import Avatar
from dashboard.consent.consented_model import Consent
from dashboard.jobs.provider_job import ProviderState
from dashboard.provenance import reading, signing
from dashboard.provenance.reading import Verdict
from dashboard.provenance.source_types import IPTC
from dashboard.uploads import portraits
from tests import sample_media
from tests.run_tasks import work_on_video
from videos import poller

pytestmark = pytest.mark.slow


@pytest.fixture
def portrait(tmp_path) -> Path:
    """A picture that a generative model made and that says so."""
    path = sample_media.picture(tmp_path / "portrait.jpg")
    file = signing.FileToSign(path, "A face", "Made by a model.")
    assert signing.sign([file], source_type=f"{IPTC}trainedAlgorithmicMedia")
    return path


def test_what_a_portrait_says_is_kept_although_it_is_encoded_again(portrait):
    with portraits.convert(portrait) as converted:
        assert converted.credentials
        assert b"trainedAlgorithmicMedia" in converted.credentials.read_bytes()
        with Image.open(converted.path) as image:
            assert "xmp" not in image.info


def test_a_portrait_without_credentials_starts_no_second_process(tmp_path, monkeypatch):
    jobs = []
    run = portraits.sandbox.run
    monkeypatch.setattr(
        portraits.sandbox, "run", lambda job, *args, **kw: jobs.append(job) or run(job, *args, **kw)
    )
    with portraits.convert(sample_media.picture(tmp_path / "p.jpg")) as converted:
        assert converted.credentials is None
    assert jobs == ["portrait"]


def test_hostile_credentials_are_left_out_and_the_portrait_is_taken(tmp_path):
    path = sample_media.picture(tmp_path / "p.jpg")
    data = path.read_bytes()
    body = b"JP\x00\x01\x00\x00\x00\x01" + b"\xff\xff\xff\xffjumb" + b"\xff" * 500
    path.write_bytes(data[:2] + b"\xff\xeb" + (len(body) + 2).to_bytes(2, "big") + body + data[2:])
    with portraits.convert(path) as converted:
        assert converted.credentials is None
        assert converted.width == 320


def test_too_much_is_not_kept(portrait, monkeypatch):
    monkeypatch.setattr(portraits, "MAX_CREDENTIALS_BYTES", 1000)
    with portraits.convert(portrait) as converted:
        assert converted.credentials is None


def test_the_video_names_its_portrait_with_what_that_said(portrait, provider, new_video, maria):
    avatar = services.create_avatar(portrait, "Ada.jpg", maria, consent=Consent("test"))
    assert avatar.credentials
    remote = provider.add_avatar()
    Avatar.objects.filter(pk=avatar.pk).update(
        state=ProviderState.READY, remote_id=remote["avatar_id"], provider=provider.url
    )
    video = new_video(avatar=Avatar.objects.get(pk=avatar.pk))
    found = bring_home(provider, video)
    assert found.verdict == Verdict.MADE_HERE
    [ingredient] = found.ingredients
    assert (ingredient.title, ingredient.is_parent, ingredient.has_credentials) == ("Portrait", False, True)


def test_kept_credentials_that_cannot_be_read_cost_no_signature(provider, new_avatar, new_video):
    remote = provider.add_avatar()
    avatar = new_avatar(state=ProviderState.READY, remote_id=remote["avatar_id"], provider=provider.url)
    avatar.credentials.save("x.c2pa", ContentFile(b"no archive at all"))
    found = bring_home(provider, new_video(avatar=avatar))
    assert (found.verdict, found.ingredients) == (Verdict.MADE_HERE, [])


def bring_home(provider, video) -> reading.Credentials:
    work_on_video(video.pk)
    video.refresh_from_db()
    provider.finish(video.remote_id)
    poller.step()
    work_on_video(video.pk)
    video.refresh_from_db()
    return reading.read(Path(video.video.path), max_bytes=10**9)


def test_another_face_of_the_same_portrait_keeps_them_too_and_deleting_deletes_them(portrait, maria):
    avatar = services.create_avatar(portrait, "Ada.jpg", maria, consent=Consent("test"))
    avatar.faces = [[0.1, 0.1, 0.2, 0.2]]
    other = services.create_avatar_of_face(avatar, 1, maria)
    assert other.credentials.name != avatar.credentials.name
    contents = {Path(each.credentials.path).read_bytes() for each in (avatar, other)}
    assert len(contents) == 1
    assert avatar.credentials in avatar.files
