"""Home: what is being made and what is new; for a new team, the way to the first video."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from avatars import cards as avatar_cards
from avatars.models import Avatar
from dashboard.files.disk import needs_room
from dashboard.jobs.provider_job import ACTIVE_STATES
from dashboard.request import Request
from videos import samples, tour
from videos.batches.progress import add_tallies
from videos.cards import cards_of
from videos.models import Batch, Video, Voice

MAX_RUNNING = 8
MAX_BATCHES = 3
MAX_VIDEOS = 8
MAX_AVATARS = 12


@require_safe
def home(request: Request) -> HttpResponse:
    # A batch is shown as one entry, however many videos it has.
    running = (
        Video.objects.for_cards().filter(state__in=ACTIVE_STATES, batch=None).order_by("created_at", "pk")
    )
    running_videos = list(running[:MAX_RUNNING])
    more = running.count() - MAX_RUNNING if len(running_videos) == MAX_RUNNING else 0
    newest_videos = Video.objects.for_cards().exclude(state__in=ACTIVE_STATES)[:MAX_VIDEOS]
    avatars = Avatar.objects.for_cards()
    running_avatars = avatars.filter(state__in=ACTIVE_STATES)[:MAX_RUNNING]
    newest_avatars = avatar_cards.cards_of(avatars.exclude(state__in=ACTIVE_STATES)[:MAX_AVATARS])
    context = {
        "running_videos": cards_of(running_videos),
        "running_avatars": avatar_cards.cards_of(running_avatars),
        "running_batches": add_tallies(Batch.being_made().select_related("made_by")[:MAX_BATCHES]),
        "more_running": max(more, 0),
        "videos": cards_of(newest_videos),
        "avatars": newest_avatars,
        "is_new": not Video.objects.exists() and not Batch.objects.exists(),
        "has_avatar": bool(newest_avatars),
        "has_voice": Voice.objects.exists(),
    }
    return render(request, "videos/home.html", context)


@needs_room
@require_POST
def sample(request: Request) -> HttpResponse:
    """The first video by one click: its page shows how it is made."""
    video = samples.create_sample(request.user)
    tour.note_sample(request.user)
    return redirect(video)
