"""The sample for a new team: one click creates a video from an included portrait and voice."""

from django.conf import settings
from django.db import transaction

from avatars.models import Avatar
from avatars.services import create_avatar
from dashboard.audit.models import Action
from dashboard.audit.subjects import record_making
from dashboard.consent.consented_model import Consent
from dashboard.consent.wordings import SAMPLE
from dashboard.files.filenames import for_video
from dashboard.jobs.provider_job import ProviderState
from dashboard.models import User
from videos import tasks
from videos.models import Video, Voice
from videos.voices import services as voice_services

FOLDER = settings.BASE_DIR / "static" / "samples"
FACE, VOICE = "Eileen Collins", "Welcome"
SCRIPT = (FOLDER / "voice.txt").read_text(encoding="utf-8").strip()
STOPPED = (ProviderState.FAILED, ProviderState.UNSURE, ProviderState.CANCELLED)


def create_sample(user: User) -> Video:
    """Create the sample for this person, unless they have it already. Raises UploadError."""
    avatar = Avatar.objects.filter(made_by=user, name=FACE).exclude(state__in=STOPPED).first()
    voice = Voice.objects.filter(made_by=user, name=VOICE).first()
    ours = Consent(SAMPLE)
    avatar = avatar or create_avatar(FOLDER / "portrait.jpg", FACE, user, consent=ours)
    voice = voice or voice_services.create_voice(
        FOLDER / "voice.mp3", VOICE, user, consent=ours, script=SCRIPT, cut=True
    )
    earlier = Video.objects.filter(made_by=user, avatar=avatar, voice=voice).exclude(state__in=STOPPED)
    return earlier.first() or _create_video(avatar, voice, user)


def _create_video(avatar: Avatar, voice: Voice, user: User) -> Video:
    """The video is queued until its avatar is ready."""
    with transaction.atomic():
        video = Video.objects.create(
            title=for_video(avatar.name, voice.name),
            avatar=avatar,
            voice=voice,
            script=SCRIPT,
            made_by=user,
            colour=avatar.colour,
        )
        record_making(user, Action.VIDEO_ORDERED, video)
        tasks.start(video)
    return video
