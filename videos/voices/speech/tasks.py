"""The task that says a text, and what pages may do with its row."""

import uuid

from django.core.files import File
from django.db import transaction

from dashboard.files.stored_files import delete_on_commit
from dashboard.jobs import runner
from dashboard.jobs.enqueue import enqueue_job
from dashboard.jobs.leased_job import ForbiddenTransition, LeaseLost
from dashboard.jobs.local_job import LocalState, working_phase
from dashboard.jobs.runner import JobDelayed, JobFailed
from videos.models import Speech
from videos.voices import services as voice_services
from videos.voices.speech import services
from videos.voices.speech.source import Report, SpeechError

LEASE_SECONDS = 180  # renewed with the progress
PHASE = working_phase(LEASE_SECONDS)


def start(speech: Speech) -> None:
    """Enqueue it. Call it in the transaction that creates the row."""
    enqueue_job(speech)


def retry(speech: Speech) -> bool:
    """Try again. Returns whether there was anything to retry."""
    try:
        with transaction.atomic():
            speech.retry()
            start(speech)
    except (ForbiddenTransition, LeaseLost):
        return False
    return True


def cancel(speech: Speech) -> bool:
    """Stop what is not done; its work ends at its next write, because the row is gone. Returns whether it was stopped."""
    unfinished = Speech.objects.exclude(state=LocalState.READY).filter(pk=speech.pk)
    return bool(unfinished.delete()[0])


def remove(speech: Speech) -> None:
    """Delete the row and the sound of a sample; a voice that was made stays."""
    with transaction.atomic():
        delete_on_commit([speech.sound] if speech.sound else [])
        Speech.objects.filter(pk=speech.pk).delete()


def work(pk: int) -> None:
    """Say one text: a task of the common workers, or of the cluster `download`."""
    runner.run(Speech, pk, PHASE, _make)


def _make(speech: Speech) -> None:
    def report(percent: int) -> None:
        speech.renew_lease(LEASE_SECONDS, progress=percent)

    try:
        make = _make_sample if speech.is_sample else _make_voice
        make(speech, report)
    except SpeechError as error:
        raise (JobDelayed if error.is_temporary else JobFailed)(str(error)) from error


def _make_voice(speech: Speech, report: Report) -> None:
    voice = services.make_voice(speech, report)
    try:
        with transaction.atomic():
            speech.move(LocalState.READY, progress=100, voice=voice, words=speech.words)
    except BaseException:  # cancelled meanwhile: nobody would ever find this voice
        voice_services.remove(voice)
        raise


def _make_sample(speech: Speech, report: Report) -> None:
    with services.speak(speech.text, speech.speaker, speech.speed, report) as (sound, _):
        with sound.path.open("rb") as file:
            speech.sound.save(f"{uuid.uuid4()}.wav", File(file), save=False)
        try:
            speech.move(LocalState.READY, progress=100, sound=speech.sound.name)
        except BaseException:
            speech.sound.storage.delete(speech.sound.name or "")
            raise
