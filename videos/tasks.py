"""From an avatar and a voice to a talking video at home: each task goes on from what the row says."""

import logging
from collections.abc import Callable
from pathlib import Path

from django.db import IntegrityError, transaction
from django.utils import timezone

from avatars.models import Avatar
from dashboard.files import signed_links
from dashboard.jobs.base import ForbiddenTransition, LeaseLost, State
from dashboard.jobs.enqueue import enqueue, enqueue_job
from dashboard.jobs.provider_job import provider
from dashboard.models import Tombstone
from dashboard.provider import generate_once
from dashboard.provider import sync as provider_sync
from dashboard.provider.client import ApiError, RemoteVideo, client
from dashboard.provider.generate_once import Unsure
from dashboard.uploads import UploadError, results
from videos import captions
from videos.exports import tasks as exports
from videos.models import Video
from videos.scheduling import next_up

log = logging.getLogger(__name__)

SEND_LEASE = 90  # seconds
COPY_LEASE = 600
MAX_VIDEO_BYTES = 4 * 2**30


# ---------------------------------------------------------------- what the pages ask for


def start(video: Video) -> None:
    """To be called in the transaction that saved the new row, or moved it."""
    enqueue_job(video)


def retry(video: Video) -> bool:
    """Try again; False when there was nothing to try."""
    with transaction.atomic():
        if video.remote_id and video.remote_state == "finished":
            if not generate_once.again(video, State.COPYING):
                return False
        else:
            old = video.remote_id
            if not generate_once.again(video, State.WAITING, remote_id="", remote_state="", lost_since=None):
                return False
            if old:  # it failed there for good; a sync must not bring it in beside the new one
                Tombstone.record(Video.KIND, video.provider, old)
        start(video)
    return True


def cancel(video: Video) -> bool:
    """Stop waiting for it. False when it was too late.

    What the provider has in its own queue already cannot be cancelled there: we only forget it.
    """
    if not video.is_cancellable:
        return False
    try:
        with transaction.atomic():
            video.forget()
            video.move(State.CANCELLED)
    except (LeaseLost, ForbiddenTransition):
        return False
    return True


def remove(video: Video) -> None:
    """Delete it here for good. Its voice stays while other videos use it (see videos.poller)."""
    with transaction.atomic():
        try:
            video.refresh_from_db()
        except Video.DoesNotExist:  # somebody was faster: it is gone, as was wanted
            return
        video.forget()
        generate_once.delete_files(video.files)
        exports.drop_all(video)
        video.delete()


def request_sync() -> None:
    enqueue("videos.tasks.sync")


# ---------------------------------------------------------------- what the workers do


def generate(pk: int) -> None:
    """Ask the provider for one video: a task of the cluster `generate`. From then on the poller watches it."""
    state = State.WAITING if pk in next_up() else State.SENDING  # or resume one whose task died
    video = Video.claim(pk, state, to=State.SENDING, seconds=SEND_LEASE)
    if video is not None:
        _run(_send, video)


def copy(pk: int) -> None:
    """Copy the files of a video that is made: a task of the common workers."""
    video = Video.claim(pk, State.COPYING, to=State.COPYING, seconds=COPY_LEASE)
    if video is not None:
        _run(_copy, video)


def _run(step: Callable[[Video], None], video: Video) -> None:
    try:
        step(video)
    except LeaseLost:
        log.info("video %s was taken over, cancelled, or is gone", video.pk)


def _send(video: Video) -> None:
    avatar, voice = video.avatar, video.voice
    if avatar is None or voice is None:
        video.fail("The avatar or the voice of this video was deleted. Make a new video.")
    elif not avatar.is_ready:
        video.fail(f"The avatar of this video could not be made. {avatar.error}".strip())
    elif avatar.provider != provider():
        video.fail("The avatar was made with another avatar service. Upload its portrait again.")
    elif video.attempts > generate_once.MAX_ATTEMPTS:
        video.fail(video.error or generate_once.TOO_OFTEN)
    else:
        _ask(video, avatar, signed_links.api_link(voice.sound.name))


def _ask(video: Video, avatar: Avatar, audio_url: str) -> None:
    try:
        answer = generate_once.ask(
            video,
            lambda: client().generate_video(
                avatar.remote_id, audio_url, str(video.client_ref), script=video.script
            ),
            client().list_videos,
        )
    except ApiError as error:
        generate_once.put_off_or_fail(video, error, State.WAITING)
        return
    except Unsure:
        video.fail(generate_once.UNSURE, state=State.UNSURE)
        return
    try:
        # The id before anything else, so that nothing is paid twice.
        video.move(
            State.MAKING,
            remote_id=answer.video_id,
            remote_state=answer.status or "pending",
            provider=provider(),
            seen_at=timezone.now(),
            asked_at=None,
            attempts=0,
        )
    except LeaseLost:
        if not Video.objects.filter(pk=video.pk).exists():  # deleted while it was being sent
            Tombstone.record(Video.KIND, video.provider, answer.video_id)
        raise


def _copy(video: Video) -> None:
    """The provider's links die within hours: keep video and mask, checked to be what they claim."""
    if video.attempts > generate_once.MAX_ATTEMPTS:
        video.fail(video.error or generate_once.TOO_OFTEN)
        return
    try:
        item = client().get_video(video.remote_id)
        if not item.video_url:
            raise ApiError("The avatar service sent no link to the finished video.", passing=True)
        with generate_once.brought_home(
            item.video_url, max_bytes=MAX_VIDEO_BYTES, seconds=COPY_LEASE / 3
        ) as path:
            _keep(video, path, item)
    except ApiError as error:
        generate_once.put_off_or_fail(video, error, State.COPYING)
    except UploadError as error:
        log.warning("video %s: %s", video.pk, error)
        broken = ApiError("The avatar service sent a file that is no video.", passing=True)
        generate_once.put_off_or_fail(video, broken, State.COPYING)
    except OSError:
        log.exception("copying video %s", video.pk)
        generate_once.put_off_or_fail(video, ApiError(generate_once.DISK, passing=True), State.COPYING)


def _keep(video: Video, path: Path, item: RemoteVideo) -> None:
    """Check, store, and only then show."""
    facts = results.video(path)
    poster = path.with_name("poster.jpg")
    colour = results.poster(path, poster, at=video.poster_moment)
    thumbnail = path.with_name("thumbnail.webp")
    results.thumbnail(poster, thumbnail)
    stored = []
    try:
        for field, source, suffix in (
            (video.video, path, "mp4"),
            (video.poster, poster, "jpg"),
            (video.thumbnail, thumbnail, "webp"),
        ):
            generate_once.keep(field, source, f"{video.client_ref}.{suffix}")
            stored.append(field)
        if item.mask_video_url:
            _keep_mask(video, path, item.mask_video_url, facts)
            stored += [file for file in (video.mask, video.cutout) if file]
        if item.captions_url:
            _keep_captions(video, item.captions_url)
            stored += [video.captions] if video.captions else []
        with transaction.atomic():
            video.move(
                State.READY,
                video=video.video.name,
                poster=video.poster.name,
                thumbnail=video.thumbnail.name,
                mask=video.mask.name or "",
                cutout=video.cutout.name or "",
                captions=video.captions.name or "",
                words_fit=item.words_fit,
                width=facts.width,
                height=facts.height,
                seconds=facts.seconds,
                colour=colour,
                finished_at=timezone.now(),
                progress=100,
                error="",
            )
            exports.dress(video)  # with the look that was chosen when it was ordered
    except BaseException:  # whatever it was, also the worker's end: leave no debris
        for field in stored:
            field.storage.delete(field.name)
        raise


def _keep_mask(video: Video, film: Path, url: str, facts: results.VideoFacts) -> None:
    """A mask that does not fit is worth nothing, but the video is worth showing without it."""
    with generate_once.brought_home(url, max_bytes=MAX_VIDEO_BYTES, seconds=COPY_LEASE / 3) as path:
        try:
            mask = results.video(path)
        except UploadError as error:
            log.warning("mask of video %s: %s", video.pk, error)
            return
        if (mask.width, mask.height) != (facts.width, facts.height) or abs(
            mask.seconds - facts.seconds
        ) > 0.5:
            log.warning("mask of video %s does not fit: %s, %s", video.pk, mask, facts)
            return
        generate_once.keep(video.mask, path, f"{video.client_ref}.mp4")
        _keep_cutout(video, film, path, at=video.poster_moment)


def _keep_cutout(video: Video, film: Path, mask: Path, *, at: float) -> None:
    """The person alone, so that the page can show other looks before they are made. Worth no failure."""
    target = mask.with_name("cutout.webp")
    try:
        results.film_cutout(film, mask, target, at=at)
    except UploadError as error:
        log.warning("cut-out of video %s: %s", video.pk, error)
    else:
        generate_once.keep(video.cutout, target, f"{video.client_ref}.webp")


def _keep_captions(video: Video, url: str) -> None:
    """What does not come, or is no captions file, is left out: the video is worth showing without it."""
    try:
        with generate_once.brought_home(url, max_bytes=captions.MAX_BYTES, seconds=COPY_LEASE / 10) as path:
            if captions.is_vtt(path):
                generate_once.keep(video.captions, path, f"{video.client_ref}.vtt")
            else:
                log.warning("captions of video %s are no captions", video.pk)
    except ApiError as error:
        log.warning("captions of video %s: %s", video.pk, error)


# ---------------------------------------------------------------- bringing in what was made elsewhere


@provider_sync.reported(Video, "video", "videos")
def sync() -> int:
    """Bring in videos that exist at the provider and not here; the number of new ones."""
    if generate_once.answer_pending(Video):
        return 0  # one of them may be ours; the next sync comes
    new = 0
    for item in reversed(generate_once.unknown_to_us(Video, client().list_videos())):
        if item.status == "error":
            continue
        finished = item.status == "finished"
        avatar = Avatar.objects.filter(provider=provider(), remote_id=item.avatar_id).first()
        try:
            with transaction.atomic():
                video = Video.objects.create(
                    title=f"{avatar.name if avatar else 'Video'} {item.video_id[:8]}",
                    avatar=avatar if item.avatar_id else None,
                    provider=provider(),
                    remote_id=item.video_id,
                    remote_state=item.status,
                    seen_at=timezone.now(),
                    state=State.COPYING if finished else State.MAKING,
                )
                if finished:
                    start(video)
        except IntegrityError:  # another sync was faster
            continue
        new += 1
    return new
