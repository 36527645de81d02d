"""Home: what is being made and what is new; for a new team, the way to the first video."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from avatars import cards as avatar_cards
from avatars.models import Avatar
from dashboard.jobs.provider_job import ACTIVE_STATES
from dashboard.request import Request
from videos import samples
from videos.batches.progress import tallies
from videos.cards import cards_of
from videos.models import Batch, Video, Voice
from videos.views import for_cards

MAX_RUNNING = 8
MAX_BATCHES = 3
MAX_VIDEOS = 8
MAX_AVATARS = 12


@require_safe
def home(request: Request) -> HttpResponse:
    # A batch is shown as one entry, however many videos it has.
    running = for_cards().filter(state__in=ACTIVE_STATES, batch=None).order_by("created_at", "pk")
    running_videos = list(running[:MAX_RUNNING])
    more = running.count() - MAX_RUNNING if len(running_videos) == MAX_RUNNING else 0
    newest_videos = for_cards().exclude(state__in=ACTIVE_STATES)[:MAX_VIDEOS]
    avatars = Avatar.objects.for_cards()
    running_avatars = avatars.filter(state__in=ACTIVE_STATES)[:MAX_RUNNING]
    newest_avatars = avatar_cards.cards_of(avatars.exclude(state__in=ACTIVE_STATES)[:MAX_AVATARS])
    context = {
        "running_videos": cards_of(running_videos),
        "running_avatars": avatar_cards.cards_of(running_avatars),
        "running_batches": tallies(Batch.being_made().select_related("made_by")[:MAX_BATCHES]),
        "more_running": max(more, 0),
        "videos": cards_of(newest_videos),
        "avatars": newest_avatars,
        "is_new": not Video.objects.exists() and not Batch.objects.exists(),
        "has_avatar": bool(newest_avatars),
        "has_voice": Voice.objects.exists(),
    }
    return render(request, "videos/home.html", context)


@require_POST
def sample(request: Request) -> HttpResponse:
    """The first video by one click: its page shows how it is made."""
    return redirect(samples.make(request.user))
