"""The team's pages of links: making and changing one, its embed code and its views, and the owners' list of all."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.audit.models import Action
from dashboard.audit.recording import record
from dashboard.files.disk import needs_room
from dashboard.gallery.pagination import Page
from dashboard.gallery.rendering import render_gallery
from dashboard.permissions import Permission, requires
from dashboard.request import Request
from dashboard.shortcuts import get_changeable_or_403
from videos.models import Share, Video
from videos.sharing.filters import ShareFilterForm
from videos.sharing.forms import ShareForm

MAX_SHARES = 50  # of one video
EMBED_SIDE = 640  # pixels, the longer side of a frame
DAYS = 30  # of views, on the page of a link


@needs_room
@never_cache
@sensitive_post_parameters("new_password")
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: Request, pk: int) -> HttpResponse:
    """The form for a new link."""
    video = get_changeable_or_403(Video, pk, request.user)
    share = Share(video=video, made_by=request.user)
    if not video.is_ready or video.shares.count() >= MAX_SHARES:
        problem = (
            f"A video can have {MAX_SHARES} links." if video.is_ready else "This video is not ready yet."
        )
        messages.error(request, problem)
        return redirect(video)
    form = ShareForm(request.POST if request.method == "POST" else None, instance=share)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            share = form.save()
            record(request.user, Action.SHARE_CREATED, _describe(share), request)
        messages.success(request, "The link is ready to send.")
        return redirect(share)
    status = 422 if request.method == "POST" else 200
    return render(request, "videos/sharing/new.html", {"form": form, "video": video}, status=status)


@never_cache
@sensitive_post_parameters("new_password")
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: Request, pk: int, share_pk: int) -> HttpResponse:
    """The page of one link: its address, its embed code, its views; changing what its visitors may do."""
    share = _get_changeable_share(request, pk, share_pk)
    form = ShareForm(request.POST if request.method == "POST" else None, instance=share)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            share = form.save()
            record(request.user, Action.SHARE_CHANGED, _describe(share), request)
        messages.success(request, "Saved.")
        return redirect(share)
    shown = Share.objects.select_related("video", "made_by").get(pk=share.pk)  # without what was refused
    video = shown.video
    width, height = video.display_size if video.width else (16, 9)
    scale = EMBED_SIDE / max(width, height)
    context: dict[str, Any] = {
        "form": form,
        "share": shown,
        "video": video,
        "address": build_address(request, shown.public_path),
        "embed_address": build_address(request, shown.embed_path),
        "embed_size": (round(width * scale), round(height * scale)),
        "days": shown.days.all()[:DAYS],
        "most": max((day.views for day in shown.days.all()[:DAYS]), default=1),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "videos/sharing/share.html", context, status=status)


@require_POST
def switch_off(request: Request, pk: int, share_pk: int) -> HttpResponse:
    """End a link at once; it can be switched on again."""
    share = _get_changeable_share(request, pk, share_pk)
    with transaction.atomic():
        Share.objects.filter(pk=share.pk, revoked_at=None).update(revoked_at=timezone.now())
        record(request.user, Action.SHARE_REVOKED, _describe(share), request)
    messages.success(request, "The link no longer works. You can switch it on again.")
    return redirect(
        (request.POST.get("back") == "all" and request.user.may(Permission.CHANGE_SETTINGS) and "shares")
        or share
    )


@require_POST
def switch_on(request: Request, pk: int, share_pk: int) -> HttpResponse:
    share = _get_changeable_share(request, pk, share_pk)
    with transaction.atomic():
        Share.objects.filter(pk=share.pk).update(revoked_at=None)
        record(request.user, Action.SHARE_RESTORED, _describe(share), request)
    messages.success(
        request, "The link works again." if not share.is_over else "Its last day is over: choose another."
    )
    return redirect(share)


@require_safe
@never_cache
@requires(Permission.CHANGE_SETTINGS)
def list_all(request: Request) -> HttpResponse:
    """All links of the site, for owners and admins."""
    form = ShareFilterForm(request.GET, request.user)
    page = Page(form, Share.objects.filter(video__trashed_at=None), request.GET.get("page"))
    shares = page.load(
        Share.objects.select_related("video", "made_by").annotate(view_count=Sum("days__views", default=0))
    )
    context = {
        "form": form,
        "page": page,
        "words": page.describe_total("link", "links"),
        "shares": shares,
        "base": settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/"),
    }
    return render_gallery(request, "videos/sharing", context)


def build_address(request: Request, path: str) -> str:
    return settings.PUBLIC_URL + path if settings.PUBLIC_URL else request.build_absolute_uri(path)


def _get_changeable_share(request: Request, pk: int, share_pk: int) -> Share:
    video = get_changeable_or_403(Video, pk, request.user)
    return get_object_or_404(Share.objects.select_related("video"), pk=share_pk, video=video)


def _describe(share: Share) -> str:
    """For the audit log, without the token: who reads the log need not be able to open the link."""
    return f"video {share.video_id}: {share}"
