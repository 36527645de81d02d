"""What the pages of scripts/screenshots.py show: people, avatars, voices, videos and batches in every state.

Everything is made of the repository's own portraits and sample, or of the portraits in the folder MATERIAL.
"""

import io
import math
import os
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.test import RequestFactory
from django.utils import timezone
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from avatars.models import Avatar
from dashboard.audit.models import Action
from dashboard.audit.recording import record
from dashboard.consent.consented_model import Consent
from dashboard.consent.wordings import CURRENT, Kind
from dashboard.health.process_checks import NOT_RUNNING
from dashboard.jobs.provider_job import ProviderState, current_provider
from dashboard.models import Heartbeat, OneTimeLink, User
from dashboard.uploads import portraits
from engine.models import Scope, Token
from tests import sample_media
from videos.models import Batch, BatchItem, ItemState, Video, Voice

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "static" / "samples"
FIXTURES = ROOT / "tests" / "fixtures"
SAMPLE_SIZE, SAMPLE_SECONDS = (480, 480), 7.0

NO_FACE = "We could not find a face in this picture. Use a photo that shows one face from the front."
NO_SPEECH = "This audio has no speech in it. Record it again, closer to the microphone."
LOST = (
    "The connection broke while this was sent, so it may have been started or not. "
    "Trying again may start (and count) it a second time."
)
NAMES = ["Grace", "Ada", "Mary Jackson", "Eileen", "Hedy", "Valentina", "José", "Mae", "مريم العجلية"]
TITLES = [
    "Welcome to the spring course",
    "Safety on the workshop floor, part 2",
    "Newsletter 14",
    "مرحبا بكم في متحفنا",
]
VOICES = [
    "Welcome",
    "Course intro take 3",
    "A very long file name of a recording that was made on the phone while walking the dog",
    "Newsletter 14",
    "Safety briefing",
]
VIDEOS: list[dict[str, Any]] = [
    {"state": ProviderState.WAITING},
    {"state": ProviderState.MAKING, "progress": 43, "remote_state": "in_progressing"},
    {"state": ProviderState.READY},
    {"state": ProviderState.FAILED, "error": NO_SPEECH},
    {"state": ProviderState.READY, "title": "A title of two hundred characters " * 5},
    {"state": ProviderState.COPYING, "progress": 100},
    {"state": ProviderState.CANCELLED},
    {"state": ProviderState.UNSURE, "error": LOST},
    *[{"state": ProviderState.READY}] * 22,
]


@dataclass(frozen=True)
class Links:
    """Addresses with a secret in them, which only their maker knows."""

    invitation: str
    password: str


def create_owner() -> User:
    return User.objects.create_user("olga@example.com", "a long password", name="Olga", role="owner")


def fill_activity(owner: User, maria: User) -> None:
    Token.make("Website", Scope.READ, days=90)[0].record_use()
    Token.make("Nightly import of the shop’s greetings")
    record(owner, Action.INVITATION_CREATED, "Jo")
    record(
        None, Action.SIGN_IN_FAILED, "eve@example.com", RequestFactory().get("/", REMOTE_ADDR="203.0.113.5")
    )
    record(maria, Action.DELETED, "video 7: Welcome to the new office")
    record(None, Action.TOKEN_CREATED, "Nightly import of the shop’s greetings")


def start_processes() -> None:
    """The processes of the background say that they run, or every page would have a banner."""
    later = timezone.now() + timedelta(hours=1)  # however long the pictures take
    for kind in NOT_RUNNING:
        Heartbeat.objects.create(kind=kind, instance="screenshots 1", seen_at=later)


def fill(owner: User) -> Links:
    """A site that a team of three has used for a while."""
    maria = User.objects.create_user("maria@example.com", "x" * 12, name="Maria")
    User.objects.create_user("tom.with.a.rather.long.address@example.com", "x" * 12, name="Tom")
    voices = create_voices(owner)
    avatars = create_avatars([owner, maria])
    create_videos(avatars, voices, owner)
    create_batches(avatars, voices, owner)
    invitation = OneTimeLink.make(owner, note="Jo")[1]
    fill_activity(owner, maria)
    return Links(f"/invitation/{invitation}/", f"/new-password/{OneTimeLink.make(owner, user=maria)[1]}/")


# ---------------------------------------------------------------- avatars


def portrait_files() -> list[Image.Image]:
    """The portraits of MATERIAL, else our own in several frames and tints."""
    if folder := os.environ.get("MATERIAL"):
        found = sorted(p for p in Path(folder).iterdir() if p.suffix.lower() in {".jpg", ".jpeg", ".png"})
        return [_open(path) for path in found]
    own = [_open(SAMPLES / "portrait.jpg"), _open(FIXTURES / "astronaut.jpg")]
    tints = [(30, 60, 110), (150, 90, 50), (40, 110, 80), (110, 60, 110)]
    shapes = [(4, 5), (1, 1), (3, 4), (16, 10)]
    variants = []
    for index in range(9):
        image, tint, (w, h) = own[index % 2], tints[index % 4], shapes[index % 4]
        image = ImageOps.fit(
            image, (round(600 * w / max(w, h)), round(600 * h / max(w, h))), centering=(0.5, 0.3)
        )
        image = ImageOps.mirror(image) if index % 3 == 1 else image
        tinted = Image.blend(image, Image.new("RGB", image.size, tint), 0.12 if index > 1 else 0)
        variants.append(ImageEnhance.Color(tinted).enhance(0 if index == 5 else 1))
    return variants


def _open(path: Path) -> Image.Image:
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    image.thumbnail((900, 900))
    return image


def create_avatars(people: list[User]) -> list[Avatar]:
    """One of each portrait; the first is being made and the second has failed. Returns those that are ready."""
    special = [{"state": ProviderState.SENDING}, {"state": ProviderState.FAILED, "error": NO_FACE}]
    images = portrait_files()
    avatars = [
        create_avatar(index, images[index % len(images)], people[index % 2], fields)
        for index, fields in enumerate([*special, *[{}] * max(len(images), 9)])
    ]
    return [avatar for avatar in avatars if avatar.is_ready]


def consent_of(person: User, kind: Kind, index: int) -> dict[str, Any]:
    """What this person stated, for most in few words."""
    long = {"person": NAMES[index % len(NAMES)], "reference": "Folder “Releases 2026”, no. 17"}
    return Consent(CURRENT[kind], person.name, by_id=person.pk, **(long if index % 2 else {})).columns


def create_avatar(index: int, image: Image.Image, person: User, fields: dict[str, Any]) -> Avatar:
    ready = {
        "state": ProviderState.READY,
        "remote_id": f"a{index}",
        "created_at": timezone.now() - timedelta(hours=5 * index + 1),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "portrait.jpg"
        image.save(path, quality=88)
        with portraits.convert(path) as portrait:
            avatar = Avatar(
                name=NAMES[index % len(NAMES)],
                made_by=person,
                portrait_width=portrait.width,
                portrait_height=portrait.height,
                colour=portrait.colour,
                gender="female",
                **(consent_of(person, Kind.PORTRAIT, index) if index % 3 else {}),
                **(fields or ready),
            )
            avatar.portrait.save("portrait.jpg", ContentFile(portrait.path.read_bytes()), save=False)
            avatar.thumbnail.save("small.webp", ContentFile(portrait.thumbnail.read_bytes()), save=False)
    if avatar.is_ready:
        avatar.preview.save("preview.jpg", ContentFile(_encode(image, "JPEG")), save=False)
        avatar.cutout.save("cutout.png", ContentFile(_encode(cut_out(image), "PNG")), save=False)
    avatar.save()
    return avatar


def cut_out(image: Image.Image) -> Image.Image:
    """Roughly the person alone: enough to see a background behind somebody."""
    w, h = image.size
    alpha = Image.new("L", image.size)
    draw = ImageDraw.Draw(alpha)
    draw.ellipse((w * 0.25, h * 0.03, w * 0.75, h * 0.72), fill=255)
    draw.ellipse((w * 0.02, h * 0.6, w * 0.98, h * 1.6), fill=255)
    person = image.copy()
    person.putalpha(alpha.filter(ImageFilter.GaussianBlur(4)))
    return person


def _encode(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


# ---------------------------------------------------------------- voices and videos


def create_voices(person: User) -> list[Voice]:
    voices = []
    for index, name in enumerate(VOICES):
        peaks = [
            abs(math.sin(i / 9 + index) * math.sin(i / 2.3)) * (0.5 + 0.5 * abs(math.cos(i * i)))
            for i in range(200)
        ]
        created_at = timezone.now() - timedelta(hours=index * index)
        voice = Voice(
            name=name,
            seconds=8.4 + 23 * index,
            peaks=peaks,
            made_by=person,
            created_at=created_at,
            **(consent_of(person, Kind.VOICE, index + 1) if index % 3 == 0 else {}),
        )
        voice.sound.save("voice.wav", ContentFile((FIXTURES / "speech.wav").read_bytes()), save=False)
        voice.save()
        voices.append(voice)
    return voices


def create_videos(avatars: list[Avatar], voices: list[Voice], person: User) -> None:
    """One in each state, and more that are ready than fit on a page of the gallery."""
    now = timezone.now()
    for index, fields in enumerate(VIDEOS):
        created_at = now - timedelta(minutes=index * index * 7)
        create_video(
            avatars[index % len(avatars)],
            voices[index % len(voices)],
            made_by=person,
            **{"title": TITLES[index % len(TITLES)], "created_at": created_at} | fields,
        )


def create_video(avatar: Avatar, voice: Voice, **fields: Any) -> Video:
    video = Video(avatar=avatar, voice=voice, colour=avatar.colour, provider=current_provider(), **fields)
    if video.is_ready:
        video.seconds = SAMPLE_SECONDS
        video.finished_at = video.created_at + timedelta(seconds=41)
        video.width, video.height = SAMPLE_SIZE
        picture = ImageOps.fit(_open(Path(avatar.portrait.path)), SAMPLE_SIZE, centering=(0.5, 0.3))
        video.poster.save("poster.jpg", ContentFile(_encode(picture, "JPEG")), save=False)
        video.cutout.save("cutout.png", ContentFile(_encode(cut_out(picture), "PNG")), save=False)
        for file, name, content in (
            (video.video, "video.mp4", (SAMPLES / "sample.mp4").read_bytes()),
            (video.captions, "captions.vtt", (SAMPLES / "sample.vtt").read_bytes()),
            (video.mask, "mask.mp4", _mask()),
        ):
            file.save(name, ContentFile(content), save=False)
    video.save()
    return video


def _mask() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return sample_media.mask(Path(folder) / "mask.mp4", 1.0, SAMPLE_SIZE).read_bytes()


# ---------------------------------------------------------------- batches


def create_batches(avatars: list[Avatar], voices: list[Voice], person: User) -> None:
    """A draft with faults, one that is running and one that is done."""
    now = timezone.now()
    files = {f"lesson-{number}.wav": voices[number].pk for number in (1, 2, 4)}
    draft = Batch.objects.create(name="Course, all lessons", made_by=person, sounds=files)
    rows = [
        {"avatar_text": "Hedy", "sound_text": "lesson-1.wav", "title": "Lesson 1", "script": "Welcome back."},
        {"avatar_text": "Heddy", "sound_text": "lesson-2.wav"},
        {"avatar_text": "José", "sound_text": "lesson-3.wav"},
        {"avatar_text": "Valentina", "sound_text": "lesson-4.wav"},
    ]
    for number, row in enumerate(rows, 1):
        BatchItem.objects.create(batch=draft, number=number, state=ItemState.DRAFT, **row)
    running = Batch.objects.create(name="Spring newsletter", made_by=person, started_at=now)
    states: list[dict[str, Any]] = [
        {"state": ProviderState.READY},
        {"state": ProviderState.FAILED, "error": NO_SPEECH},
        {"state": ProviderState.MAKING, "progress": 71, "remote_state": "in_progressing"},
        {"state": ProviderState.WAITING},
        {"state": ProviderState.CANCELLED},
    ]
    _add_videos(running, states, avatars, voices)
    BatchItem.objects.create(
        batch=running, number=9, state=ItemState.WORKING, audio_url="https://example.com/news.mp3"
    )
    done = Batch.objects.create(
        name="Safety briefings", made_by=person, started_at=now - timedelta(days=2), done_at=now
    )
    _add_videos(done, [{"state": ProviderState.READY}] * 3, avatars, voices)


def _add_videos(
    batch: Batch, states: list[dict[str, Any]], avatars: list[Avatar], voices: list[Voice]
) -> None:
    for number, fields in enumerate(states, 1):
        avatar, voice = avatars[number % len(avatars)], voices[number % len(voices)]
        title, created_at = f"{batch.name}: {avatar.name}", timezone.now() - timedelta(hours=30 + number)
        video = create_video(
            avatar,
            voice,
            made_by=batch.made_by,
            batch=batch,
            batch_position=number,
            title=title,
            created_at=created_at,
            **fields,
        )
        BatchItem.objects.create(
            batch=batch, number=number, state=ItemState.READY, video=video, avatar=avatar, voice=voice
        )
