"""What a page sends becomes a look: missing fields are the original, wrong ones are told."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms import ValidationError
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from tests import sample_media
from videos.looks.forms import LookForm
from videos.looks.look import Look
from videos.models import Backdrop


def sent(**fields) -> QueryDict:
    data = QueryDict(mutable=True)
    data.update({f"look-{name}": value for name, value in fields.items()})
    return data


def look_from(data: QueryDict) -> Look:
    """The look of the form. Raises ValidationError with its sentences."""
    form = LookForm(data)
    if not form.is_valid():
        raise ValidationError([error for errors in form.errors.values() for error in errors])
    return form.look


def test_a_page_that_says_nothing_wants_the_original(db):
    assert look_from(sent()) == Look()
    assert look_from(sent()).is_plain


def test_what_is_said_is_the_look(db):
    said = {"background": "gradient", "colour": "#FF0000", "colour2": "#0000ff", "angle": "45"}
    assert look_from(sent(**said, frame="16:9", size="0.8", x="0.25", y="0.5")) == Look(
        background="gradient",
        colour="#ff0000",
        colour2="#0000ff",
        angle=45,
        frame="16:9",
        size=0.8,
        x=0.25,
        y=0.5,
    )


def test_the_same_picture_has_the_same_name_whatever_else_the_page_sends_along(db, new_backdrop):
    """All controls are sent, also those of backgrounds that were tried before."""
    tried = {"colour2": "#123456", "angle": "90", "picture": str(new_backdrop().pk)}
    assert (
        look_from(sent(background="colour", colour="#00ff00", **tried)).key
        == look_from(sent(background="colour", colour="#00ff00")).key
    )
    assert look_from(sent(background="own", colour="#00ff00", x="0.1", **tried)).is_plain


def test_while_the_face_is_framed_by_itself_the_other_controls_say_nothing(db):
    by_itself = look_from(sent(frame="1:1", automatic="yes", size="0.5", x="0.1", y="0.2"))
    assert by_itself == look_from(sent(frame="1:1")) == Look(frame="1:1")
    by_hand = look_from(sent(frame="1:1", size="0.5", x="0.1", y="0.2"))
    assert (by_hand.is_automatic, by_hand.size, by_hand.x, by_hand.y) == (False, 0.5, 0.1, 0.2)


def test_the_form_shows_whether_the_face_is_framed_by_itself(db):
    assert LookForm.from_look(Look(frame="1:1"))["automatic"].value() is True
    assert LookForm.from_look(Look(frame="1:1", x=0.2))["automatic"].value() is False


def test_the_resolution_is_chosen_and_is_the_videos_own_without_a_word(db):
    assert look_from(sent(frame="9:16", resolution="1080")).resolution == 1080
    assert look_from(sent(frame="9:16", resolution="")).resolution is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"background": "space"},
        {"background": "colour", "colour": "red"},
        {"background": "gradient", "angle": "400"},
        {"background": "picture"},
        {"background": "picture", "picture": "12345"},
        {"frame": "4:3"},
        {"resolution": "4320"},
        {"size": "nan"},
        {"size": "9"},
        {"x": "-1"},
        {"y": "2"},
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(db, wrong):
    with pytest.raises(ValidationError) as caught:
        look_from(sent(**wrong))
    assert all(sentence.endswith(".") for sentence in caught.value.messages)


def test_a_picture_sent_with_the_form_is_taken_in_and_chosen(maria, tmp_path):
    file = SimpleUploadedFile(
        "my_wall.png", sample_media.picture(tmp_path / "w.png", (640, 400)).read_bytes()
    )
    form = LookForm(sent(background="picture"), MultiValueDict({"look-upload": [file]}), user=maria)
    assert form.is_valid(), form.errors
    backdrop = Backdrop.objects.get()
    assert (form.look.picture, backdrop.name, backdrop.made_by) == (backdrop.pk, "My wall", maria)
    assert form["picture"].value() == str(backdrop.pk)  # and still chosen if the page comes back


def test_a_file_that_is_no_picture_is_refused_on_the_form(maria):
    file = SimpleUploadedFile("wall.png", b"no picture")
    form = LookForm(sent(background="picture"), MultiValueDict({"look-upload": [file]}), user=maria)
    assert not form.is_valid()
    assert "Use a photo" in form.errors["upload"][0]
    assert not Backdrop.objects.exists()


def test_a_file_is_not_even_looked_at_for_another_background(maria):
    file = SimpleUploadedFile("wall.png", b"no picture")
    form = LookForm(sent(background="blur"), MultiValueDict({"look-upload": [file]}), user=maria)
    assert form.is_valid()
    assert form.look == Look(background="blur")
