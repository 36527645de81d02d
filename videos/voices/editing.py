"""Edits of a recording: each becomes another voice, the recording never changes."""

import json
from dataclasses import asdict

from django.db import IntegrityError

from dashboard.models import User
from dashboard.uploads import voices
from videos.models import Voice
from videos.voices import services
from videos.voices.edit_spec import Edit

# An edit may cut this many seconds into the detected speech without losing a word; see `find_speech` in dashboard.uploads.decoder.waveforms.
SPEECH_TOLERANCE = 0.1


def get_original(voice: Voice) -> Voice:
    """The recording that this voice was made from: editing an edit starts from the recording again."""
    return voice.original or voice


def get_edit(voice: Voice) -> Edit:
    """What was done to the original."""
    original = get_original(voice)
    return Edit.from_dict(voice.edit if voice.original_id else {}, original.seconds)


def load_waveform(voice: Voice) -> voices.Waveform:
    """The data for the editor, computed once. Raises UploadError, FileNotFoundError."""
    if not voice.shape:
        with voice.sound.open("rb") as sound:
            waveform = voices.compute_waveform(sound)
        services.save_waveform(voice, json.dumps(asdict(waveform)).encode())
    with voice.shape.open("rb") as file:
        return voices.Waveform(**json.load(file))


def create_edit(original: Voice, edit: Edit, user: User) -> Voice:
    """The voice with this edit: an existing one, a new one, or the original if nothing is changed.

    Raises UploadError, FileNotFoundError.
    """
    if not edit.changes(original.seconds):
        return original
    same = Voice.objects.filter(original=original, edit_key=edit.key, made_by=user)
    if voice := same.first():
        return voice
    script = _find_remaining_script(original, edit)
    with (
        original.sound.open("rb") as sound,
        voices.cut(sound, edit.start, edit.end, normalize=edit.even) as part,
    ):
        try:
            return services.save_voice(
                part,
                name=edit.name(original.name, original.seconds),
                original=original,
                edit=edit.to_dict(),
                edit_key=edit.key,
                script=script,
                made_by=user,
                **original.consent_columns,
            )
        except IntegrityError:  # requested twice at the same moment
            return same.get()


def _find_remaining_script(original: Voice, edit: Edit) -> str:
    """The script of the original, if no speech was cut off; otherwise empty."""
    script = services.find_script(original)
    if not script or edit.is_whole(original.seconds):
        return script
    speech = load_waveform(original).speech
    if speech and edit.start <= speech[0] + SPEECH_TOLERANCE and edit.end >= speech[1] - SPEECH_TOLERANCE:
        return script
    return ""


def replace_edit(old: Voice, new: Voice, user: User) -> bool:
    """Delete an edit after the same user has edited it further, unless it is used. Returns whether it was deleted."""
    replaced = Voice.objects.unused().filter(pk=old.pk, made_by=user, original=get_original(new))
    if old.pk == new.pk or not replaced.exists():
        return False
    services.remove(old)
    return True
