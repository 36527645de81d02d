"""The tour of a new person: make the sample, watch it, make a video of one's own. Each step is said where it is done.

The step is kept with the person. Doing what it says goes on to the next one; "Skip" ends the tour, the page of one's own
account begins it again.
"""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from dashboard.models import User
from dashboard.permissions import Permission, requires
from dashboard.request import Request

OVER, MAKE_SAMPLE, WATCH, MAKE_OWN = 0, 1, 2, 3
# Where the button of a step leads.
PAGES = {OVER: "home", MAKE_SAMPLE: "home", WATCH: "home", MAKE_OWN: "video-new"}


def note_sample(user: User) -> None:
    """The person has had the sample made."""
    _move(user, [MAKE_SAMPLE], WATCH)


def note_own_video(user: User) -> None:
    """The person has made a video without help: nothing is left to be shown."""
    _move(user, [MAKE_SAMPLE, WATCH, MAKE_OWN], OVER)


def _move(user: User, before: list[int], step: int) -> None:
    if user.tour_step in before:
        User.objects.filter(pk=user.pk).update(tour_step=step)
        user.tour_step = step


@require_POST
@requires(Permission.MAKE)
def go_to_step(request: Request) -> HttpResponse:
    """A button of the tour: the next step, or its end."""
    step = request.POST.get("step", "")
    if step in {str(each) for each in PAGES}:
        User.objects.filter(pk=request.user.pk).update(tour_step=int(step))
        return redirect(PAGES[int(step)])
    return redirect("home")
