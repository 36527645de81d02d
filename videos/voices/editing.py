"""A part of a recording becomes a voice of its own beside it; the recording stays as it is."""

import json
from dataclasses import asdict

from django.db import IntegrityError

from dashboard.models import User
from dashboard.uploads import voices
from videos.models import Voice
from videos.voices import services
from videos.voices.edit_spec import Edit

# How much of a pause at an edge may go without a word being lost; see `find_speech` in dashboard.uploads.decoder.waveforms.
SLACK = 0.1  # seconds


def original_of(voice: Voice) -> Voice:
    """What an edit of this voice is made from: editing an edit begins again at the recording."""
    return voice.original or voice


def edit_of(voice: Voice) -> Edit:
    """What was done to its original."""
    original = original_of(voice)
    return Edit.kept(voice.edit if voice.original_id else {}, original.seconds)


def shape_of(voice: Voice) -> voices.Waveform:
    """What the editor draws; made once, then kept. Raises UploadError, FileNotFoundError."""
    if not voice.shape:
        with voice.sound.open("rb") as sound:
            made = voices.compute_waveform(sound)
        services.keep_shape(voice, json.dumps(asdict(made)).encode())
    with voice.shape.open("rb") as file:
        return voices.Waveform(**json.load(file))


def make(original: Voice, edit: Edit, user: User) -> Voice:
    """The voice with this edit: one made before, a new one, or the original if nothing is changed.

    Raises UploadError, FileNotFoundError.
    """
    if not edit.changes(original.seconds):
        return original
    same = Voice.objects.filter(original=original, edit_key=edit.key, made_by=user)
    if voice := same.first():
        return voice
    script = _words_left(original, edit)
    with (
        original.sound.open("rb") as sound,
        voices.cut(sound, edit.start, edit.end, normalize=edit.even) as part,
    ):
        try:
            return services.keep(
                part,
                name=edit.name(original.name, original.seconds),
                original=original,
                edit=edit.values(),
                edit_key=edit.key,
                script=script,
                made_by=user,
            )
        except IntegrityError:  # asked for twice at the same moment
            return same.get()


def _words_left(original: Voice, edit: Edit) -> str:
    """Its words, if none of them was cut off."""
    words = services.words_of(original)
    if not words or edit.is_whole(original.seconds):
        return words
    speech = shape_of(original).speech
    if speech and edit.start <= speech[0] + SLACK and edit.end >= speech[1] - SLACK:
        return words
    return ""


def replace(old: Voice, new: Voice, user: User) -> bool:
    """Delete an edit that its maker has changed further; True if it is gone.

    Only what nothing needs: an edit that was used is a voice like any other.
    """
    mine = services.unused().filter(pk=old.pk, made_by=user, original=original_of(new))
    if old.pk == new.pk or not mine.exists():
        return False
    services.remove(old)
    return True
