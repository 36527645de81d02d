"""The pages on which a person is forgotten: what will go, the confirmation, and what was removed."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from avatars.models import Avatar
from dashboard.forgotten.models import Forgetting
from dashboard.permissions import Permission
from dashboard.request import Request
from dashboard.shortcuts import get_changeable_or_403
from videos.forgetting.plan import Plan, find_voices_with, plan_forgetting
from videos.forgetting.services import forget
from videos.models import Voice

WORD = "forget"  # typed to confirm
NOT_CONFIRMED = f"Type the word “{WORD}” to confirm."
LIST_CHANGED = "You changed which voices go. Look at the new list, then confirm again."


@require_http_methods(["GET", "HEAD", "POST"])
def forget_avatar(request: Request, pk: int) -> HttpResponse:
    """Forget whom a portrait shows, with those voices that are ticked."""
    avatar = get_changeable_or_403(Avatar.all_objects.all(), pk, request.user)
    voices = find_voices_with(avatar, request.user)
    if request.method == "POST":
        ticked = set(request.POST.getlist("voice"))
        chosen = [voice for voice in voices if str(voice.pk) in ticked]
    else:
        person = avatar.consent_person.casefold()
        chosen = [voice for voice in voices if person and voice.consent_person.casefold() == person]
    return _respond(request, avatar, plan_forgetting([avatar], chosen), voices, chosen)


@require_http_methods(["GET", "HEAD", "POST"])
def forget_voice(request: Request, pk: int) -> HttpResponse:
    """Forget whom a recording is of: it, what was trimmed from it, and the videos that speak with it."""
    voice = get_changeable_or_403(Voice.all_objects.all(), pk, request.user)
    return _respond(request, voice, plan_forgetting([], [voice]), [], [])


def _respond(
    request: Request, row: Avatar | Voice, plan: Plan, voices: list[Voice], chosen: list[Voice]
) -> HttpResponse:
    error = ""
    if request.method == "POST" and "count" not in request.POST:
        if set(request.POST.getlist("listed")) != {str(voice.pk) for voice in chosen}:
            error = LIST_CHANGED  # nothing goes that was not on the list
        elif request.POST.get("confirm", "").strip().casefold() != WORD:
            error = NOT_CONFIRMED
        else:
            return redirect(forget(plan, request.user, request))
    context = {
        "row": row,
        "plan": plan,
        "others": plan.count_of_others(request.user),
        "voices": voices,
        "chosen": chosen,
        "word": WORD,
        "error": error,
    }
    return render(request, "videos/forgetting/confirm.html", context, status=422 if error else 200)


@require_GET
def report(request: Request, pk: int) -> HttpResponse:
    """What was removed, for who did it and for owners."""
    forgetting = get_object_or_404(Forgetting, pk=pk)
    if not (request.user.may(Permission.CHANGE_ALL) or forgetting.made_by_id == request.user.pk):
        raise PermissionDenied
    context = {
        "forgetting": forgetting,
        "at_engine": forgetting.rows.filter(is_at_engine=True).count(),
        "elsewhere": forgetting.rows.exclude(provider__in=["", "embedded"]).exclude(remote_id=""),
    }
    return render(request, "videos/forgetting/report.html", context)
