"""Everything that comes home or is made of a video is marked as synthetic and signed."""

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from dashboard.jobs.provider_job import ProviderState
from dashboard.provenance import reading
from dashboard.provenance.reading import Verdict
from dashboard.provenance.source_types import COMPOSITE_SYNTHETIC, COMPOSITE_WITH_TRAINED_MEDIA
from tests.run_tasks import work_on_video
from tests.stored_files import local_copy
from tests.videos.exports.conftest import *  # noqa: F403
from tests.videos.exports.conftest import COLOUR, export_of, make_export, show_look
from videos import poller
from videos.exports import tasks
from videos.models import Export, Video

pytestmark = pytest.mark.slow
Kind = Export.Kind


def read(name: str) -> reading.Credentials:
    return reading.read(local_copy(name), max_bytes=10**9)


def bring_home(provider, new_avatar, new_video, **answer) -> Video:
    remote = provider.add_avatar()
    avatar = new_avatar(state=ProviderState.READY, remote_id=remote["avatar_id"], provider=provider.url)
    video = new_video(avatar=avatar)
    work_on_video(video.pk)
    video.refresh_from_db()
    provider.finish(video.remote_id)
    provider.videos[video.remote_id] |= {"mask_video_url": provider.link("mask"), **answer}
    poller.step()
    work_on_video(video.pk)
    video.refresh_from_db()
    assert video.is_ready
    return video


def test_video_mask_poster_and_cutout_are_signed_before_they_are_stored(provider, new_avatar, new_video):
    video = bring_home(provider, new_avatar, new_video)
    for file in (video.video, video.mask, video.poster, video.cutout):
        found = read(file.name)
        assert found.verdict == Verdict.MADE_HERE, file.name
        assert found.source_type == COMPOSITE_WITH_TRAINED_MEDIA  # this provider says nothing
        assert video.title in found.title
    with Image.open(local_copy(video.thumbnail.name)) as thumbnail:
        assert COMPOSITE_WITH_TRAINED_MEDIA.encode() in thumbnail.info["xmp"]


@pytest.mark.parametrize(
    ("declared", "used"),
    [
        (COMPOSITE_SYNTHETIC, COMPOSITE_SYNTHETIC),
        ("compositeSynthetic", COMPOSITE_SYNTHETIC),
        ("http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture", COMPOSITE_WITH_TRAINED_MEDIA),
        (["x"], COMPOSITE_WITH_TRAINED_MEDIA),
    ],
)
def test_what_the_provider_declares_is_used_unless_it_says_that_it_is_real(
    provider, new_avatar, new_video, declared, used
):
    video = bring_home(provider, new_avatar, new_video, digital_source_type=declared)
    assert read(video.video.name).source_type == used


@pytest.mark.parametrize("kind", [Kind.MOV, Kind.GIF, Kind.WEBP, Kind.SOUND])
def test_every_download_names_the_video_that_it_was_made_from(finished, kind):
    video = finished(digital_source_type=COMPOSITE_SYNTHETIC)
    export = make_export(video, kind)
    found = read(export.file.name)
    assert (found.verdict, found.source_type) == (Verdict.MADE_HERE, COMPOSITE_SYNTHETIC)
    assert [item.title for item in found.ingredients] == [video.title]
    assert export.size == default_storage.size(export.file.name)


def test_webm_has_the_source_type_as_a_tag(finished):
    export = make_export(finished(digital_source_type=COMPOSITE_SYNTHETIC), Kind.WEBM)
    found = read(export.file.name)
    assert (found.verdict, found.source_type) == (Verdict.TAG_ONLY, COMPOSITE_SYNTHETIC)


def test_a_look_and_its_poster_are_signed(finished):
    video = show_look(finished(digital_source_type=COMPOSITE_SYNTHETIC), COLOUR)
    for file in (video.styled_video, video.poster):
        found = read(file.name)
        assert (found.verdict, found.source_type) == (Verdict.MADE_HERE, COMPOSITE_SYNTHETIC)
        assert found.ingredients[0].is_parent


def test_a_new_thumbnail_is_signed(finished, signed_in, maria):
    video = finished()
    signed_in(maria).post(f"{video.get_absolute_url()}thumbnail/choose/", {"seconds": "0.5"})
    tasks.work(export_of(video, Kind.POSTER).pk)
    video.refresh_from_db()
    assert read(video.poster.name).verdict == Verdict.MADE_HERE
