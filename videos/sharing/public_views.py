"""What people without an account see by a link: a page, or a frame in another website.

None of it needs Django's token against forged forms: the link itself is the permission, there is no session that another
site could make use of, and so visitors get no cookie at all, but for the one that remembers a password.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core import ratelimit
from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.files.disk import needs_room
from dashboard.files.filenames import for_filename
from dashboard.files.signed_links import send_file
from videos.models import Share
from videos.sharing import visits
from videos.sharing.forms import CommentForm, PasswordForm

KEEP_SECONDS = 300  # by a browser, because the link may be switched off
MAX_COMMENTS = 1000  # of one link
WRONG = "That is not the password."
WAIT = "Too many tries. Wait a few minutes and try again."


def _not_indexed(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Decorator: search engines leave it out."""

    @wraps(view)
    def marked(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
        response = view(request, **arguments)
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response

    return marked


@csrf_exempt
@login_not_required
@never_cache
@_not_indexed
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, token: str) -> HttpResponse:
    """The page of a link: the player, or the question for the password, which is sent here too."""
    share = visits.find_share(token)
    if answer := _refuse(request, share, "page"):
        return answer
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and share.password:
        if problem := _find_problem(request, share, form):
            return _ask_password(request, share, form, "page", problem)
        response = redirect(share.public_path)
        visits.remember_unlocked(request, response, share)
        return response
    if not visits.is_unlocked(request, share):
        return _ask_password(request, share, form, "page")
    return _render_player(request, share, "page", CommentForm(longest=share.video.seconds))


@csrf_exempt
@login_not_required
@never_cache
@_not_indexed
@xframe_options_exempt
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def embed(request: HttpRequest, token: str) -> HttpResponse:
    """The player alone, for a frame in another website."""
    share = visits.find_share(token)
    if not share.allows_embedding:
        raise Http404("This video may not be embedded.")
    response = _render_embed(request, share)
    # Read by django-csp: all else of the policy stays.
    response._csp_replace = {"frame-ancestors": share.sites or ["*"]}  # type: ignore[attr-defined]
    return response


def _render_embed(request: HttpRequest, share: Share) -> HttpResponse:
    if answer := _refuse(request, share, "embed"):
        return answer
    if not share.password:
        return _render_player(request, share, "embed")
    form = PasswordForm(request.POST or None)
    if request.method != "POST":
        return _ask_password(request, share, form, "embed")
    if problem := _find_problem(request, share, form):
        return _ask_password(request, share, form, "embed", problem)
    return _render_player(request, share, "embed")


def _refuse(request: HttpRequest, share: Share, kind: str) -> HttpResponse | None:
    """What is said of a link that has ended, or whose video cannot be shown now."""
    if share.is_usable and visits.can_be_played(share.video):
        return None
    context = {"share": share, "kind": kind, "is_over": not share.is_usable}
    return render(request, "videos/sharing/over.html", context, status=503 if share.is_usable else 410)


def _find_problem(request: HttpRequest, share: Share, form: PasswordForm) -> str:
    """What is wrong with the password that was sent, or an empty string."""
    is_right = (
        visits.try_password(request, share, form.cleaned_data["password"]) if form.is_valid() else False
    )
    return "" if is_right else WRONG if is_right is False else WAIT


def _ask_password(
    request: HttpRequest, share: Share, form: PasswordForm, kind: str, problem: str = ""
) -> HttpResponse:
    """Says nothing of the video, not even its title."""
    status = 429 if problem == WAIT else 403 if problem else 200
    context = {"form": PasswordForm(), "kind": kind, "problem": problem}
    return render(request, "videos/sharing/password.html", context, status=status)


def _render_player(
    request: HttpRequest, share: Share, kind: str, form: CommentForm | None = None, status: int = 200
) -> HttpResponse:
    video = share.video
    base = settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")
    comments = (
        share.comments.select_related("answered_by") if share.allows_comments and kind == "page" else []
    )
    context = {
        "share": share,
        "video": video,
        "files": visits.list_files(share, for_filename(video.title)),
        "base": base,
        "comments": comments,
        "form": form if share.allows_comments else None,
        "is_embeddable_anywhere": share.allows_embedding and not share.sites and not share.password,
    }
    return render(request, f"videos/sharing/{kind}.html", context, status=status)


@login_not_required
@_not_indexed
@require_safe
def file(request: HttpRequest, token: str, signed: str, filename: str) -> HttpResponseBase:
    """A file of the video by an address of its page; `filename` is only for people."""
    share = visits.find_share(token)
    if not share.is_usable:
        raise Http404("This link has ended.")
    found = visits.read_file_address(share, signed)
    # The bucket cannot look whether the link still works: as long as one viewing takes.
    bucket_seconds = 600 + 2 * int(share.video.seconds)
    seconds = min(found.seconds, KEEP_SECONDS)
    return send_file(
        request, found.name, download=found.download, seconds=seconds, bucket_seconds=bucket_seconds
    )


@login_not_required
@_not_indexed
@require_safe
def poster(request: HttpRequest, token: str) -> HttpResponseBase:
    """The picture that messengers show beside the link; none where a password protects it."""
    share = visits.find_share(token)
    if not share.is_usable or share.password or not share.video.poster:
        raise Http404("There is no picture.")
    response = send_file(request, share.video.poster.name or "", download="", seconds=KEEP_SECONDS)
    response["Cross-Origin-Resource-Policy"] = "cross-origin"  # messengers show it in their own pages
    return response


@csrf_exempt
@login_not_required
@_not_indexed
@require_POST
def played(request: HttpRequest, token: str) -> HttpResponse:
    """Sent by the player once for each page, when it begins to play. The team's own views do not count."""
    share = visits.find_share(token)
    if not share.is_usable or request.user.is_authenticated:
        return HttpResponse(status=204)
    key = f"{share.pk}:{get_ip(request)}"
    if ratelimit.consume(request, action="share_view", key=key):
        share.count_view()
    return HttpResponse(status=204)


@csrf_exempt
@needs_room
@login_not_required
@never_cache
@_not_indexed
@require_POST
def comment(request: HttpRequest, token: str) -> HttpResponse:
    """Add a comment."""
    share = visits.find_share(token)
    if answer := _refuse(request, share, "page"):
        return answer
    if not share.allows_comments:
        raise Http404("Comments are not allowed here.")
    if not visits.is_unlocked(request, share):
        return _ask_password(request, share, PasswordForm(), "page")
    form = CommentForm(request.POST, longest=share.video.seconds)
    if not form.is_valid():
        return _render_player(request, share, "page", form, status=422)
    if share.comments.count() >= MAX_COMMENTS or not ratelimit.consume(
        request, action="share_comment", key=str(share.pk)
    ):
        form.add_error(None, "There were many comments just now. Try again in a few minutes.")
        return _render_player(request, share, "page", form, status=429)
    form.instance.share = share
    added = form.save()
    return redirect(f"{share.public_path}#comment-{added.pk}")
