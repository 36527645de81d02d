"""The visible label: for all videos or for one, drawn into what is made of them."""

import av
import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from django_q.models import OrmQ

from dashboard.audit.models import AuditEntry
from tests.videos.exports.conftest import *  # noqa: F403
from tests.videos.exports.conftest import again, export_of, make_export
from videos.exports import tasks
from videos.looks.look import Look
from videos.looks.services import apply_first_look, update_labels
from videos.models import Export, LabelSetting
from videos.studio.label import Label

Kind = Export.Kind
PLATE = slice(5, 22), slice(5, 60)  # where the label is in the test card, which is 192 x 240


def first_frame(name: str, pixels: str = "rgb24") -> np.ndarray:
    with av.open(default_storage.path(name)) as container:
        return next(container.decode(video=0)).to_ndarray(format=pixels)


def has_label(frame: np.ndarray) -> bool:
    """White letters on a dark plate: neither is in the test card."""
    part = frame[PLATE][..., :3].astype(int)
    return bool((part.min(axis=2) > 200).sum() > 20 and (part.max(axis=2) < 90).sum() > 200)


def save(client, **fields):
    return client.post(reverse("video-label"), {"words": "AI-generated", "corner": "top-left", **fields})


def show(video):
    tasks.work(export_of(video, Kind.LOOK).pk)
    return again(video)


def test_the_label_of_one_video_is_drawn_into_it(finished, signed_in, maria):
    video = finished()
    signed_in(maria).post(
        reverse("video-look", args=[video.pk]), {"look-label": "yes", "look-automatic": "yes"}
    )
    video = show(again(video))
    assert has_label(first_frame(video.styled_video.name))
    assert not has_label(first_frame(video.video.name))
    page = signed_in(maria).get(reverse("video-look", args=[video.pk])).text
    assert 'name="look-label" value="yes" checked' in page


@pytest.mark.slow
def test_a_label_for_all_is_drawn_into_finished_videos_and_taken_out_again(finished, signed_in, owner):
    video, labelled = finished(), finished(look={"label_chosen": True, "label": "AI-generated"})
    client = signed_in(owner)
    save(client, is_on="on")
    assert any("update_labels" in task.func() for task in OrmQ.objects.all())
    update_labels()
    video = show(again(video))
    assert has_label(first_frame(video.styled_video.name))
    save(client)
    update_labels()
    assert again(video).look == {}
    assert not again(video).styled_video
    assert again(labelled).parsed_look.label == "AI-generated"


def test_a_video_that_is_finished_later_gets_the_label(finished, owner):
    LabelSetting(pk=1, is_on=True, words="KI-generiert", corner="bottom-right").save()
    video = finished()
    apply_first_look(video)
    look = again(video).parsed_look
    assert (look.label, look.label_corner) == ("KI-generiert", "bottom-right")
    assert export_of(video, Kind.LOOK).look["label"] == "KI-generiert"


def test_changing_the_background_keeps_the_label(finished, signed_in, maria):
    LabelSetting(pk=1, is_on=True).save()
    video = finished()
    signed_in(maria).post(
        reverse("video-look", args=[video.pk]), {"look-background": "blur", "look-automatic": "yes"}
    )
    assert again(video).parsed_look.label == "AI-generated"


def test_running_again_changes_nothing(finished):
    LabelSetting(pk=1, is_on=True).save()
    video = finished()
    update_labels()
    version = again(video).version
    update_labels()
    assert again(video).version == version


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Kind.MOV, Kind.WEBP, Kind.GIF])
def test_downloads_have_the_label_too(finished, kind):
    video = finished(look={"label": "AI", "label_chosen": True})
    export = make_export(video, kind)
    if kind == Kind.WEBP:
        from PIL import Image

        with Image.open(default_storage.path(export.file.name)) as image:
            frame = np.asarray(image.convert("RGBA"))
    else:
        frame = first_frame(export.file.name, "rgba" if kind == Kind.MOV else "rgb24")
    part = frame[5:20, 5:18, :3].astype(int)
    assert (part.min(axis=2) > 180).sum() > 5
    if frame.shape[2] == 4:
        assert frame[7:18, 8:16, 3].min() > 150


def test_only_owners_change_it_for_all_and_it_is_recorded(signed_in, maria, owner):
    assert signed_in(maria).get(reverse("video-label")).status_code == 403
    assert save(signed_in(maria), is_on="on").status_code == 403
    assert not LabelSetting.objects.exists()
    assert save(signed_in(owner), is_on="on").status_code == 302
    assert LabelSetting.get().is_on
    assert AuditEntry.objects.filter(action="setting_changed").exists()


@pytest.mark.parametrize("words", ["", "x" * 41, "由人工智能生成", "AI\x07"])
def test_words_that_cannot_be_drawn_are_refused_with_a_sentence(signed_in, owner, words):
    answer = save(signed_in(owner), words=words)
    assert answer.status_code == 422
    assert not LabelSetting.objects.exists()


@pytest.mark.parametrize("colour", [0, 128, 255])
def test_the_label_is_readable_at_720p_on_every_background(colour):
    frame = np.full((1280, 720, 3), colour, np.uint8)
    stamped = Label.of(Look(label="AI-generated"), 720, 1280).stamp(frame)
    part = stamped[26:50, 26:200].astype(float).mean(axis=2) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    assert (linear.max() + 0.05) / (np.median(linear) + 0.05) > 7  # WCAG's AAA
    rows = np.flatnonzero((stamped.min(axis=2) > 240).any(axis=1)) if colour < 255 else range(20)
    assert len(rows) >= 18  # pixels from the top of the letters to their foot


def test_every_corner_is_inside_of_the_frame_and_long_words_fit():
    for corner in LabelSetting.Corner.values:
        frame = np.zeros((240, 192, 3), np.uint8)
        stamped = Label.of(Look(label="W" * 40, label_corner=corner), 192, 240).stamp(frame)
        edge = np.concatenate([stamped[0], stamped[-1], stamped[:, 0], stamped[:, -1]])
        assert not edge.any()
        assert stamped.any()


def test_the_label_alone_changes_the_key_and_who_chose_it_does_not():
    assert Look(label="AI").key
    assert not Look(label="AI").is_plain
    assert Look(label_chosen=True).key == ""
    assert Look(label="AI").key == Look(label="AI", label_chosen=True).key != Look(label="KI").key
