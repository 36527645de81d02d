"""What the team does with the comments of visitors, on the page of the video."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.files.disk import needs_room
from dashboard.request import Request
from dashboard.shortcuts import get_changeable_or_403
from videos.models import ShareComment, Video
from videos.sharing.forms import AnswerForm
from videos.sharing.listing import list_comments


@require_POST
def mark_seen(request: Request, pk: int) -> HttpResponse:
    """Sent by the page that shows them."""
    video = get_changeable_or_403(Video, pk, request.user)
    ShareComment.objects.filter(share__video=video, seen_at=None).update(seen_at=timezone.now())
    return HttpResponse(status=204)


@needs_room
@require_POST
def answer(request: Request, pk: int, comment_pk: int) -> HttpResponse:
    """Answer a comment, visible to all who have its link; an empty answer takes it back."""
    video = get_changeable_or_403(Video, pk, request.user)
    comment = _get_comment(video, comment_pk)
    form = AnswerForm(request.POST)
    if form.is_valid():
        comment.save_answer(form.cleaned_data["answer"], request.user)
    else:
        messages.error(request, "An answer can have 2000 characters.")
    return _render(request, video, f"comment-{comment.pk}")


@require_POST
def delete(request: Request, pk: int, comment_pk: int) -> HttpResponse:
    video = get_changeable_or_403(Video, pk, request.user)
    _get_comment(video, comment_pk).delete()
    return _render(request, video, "comments")


def _get_comment(video: Video, pk: int) -> ShareComment:
    return get_object_or_404(ShareComment, pk=pk, share__video=video)


def _render(request: Request, video: Video, anchor: str) -> HttpResponse:
    """The list again where htmx asked, else the page."""
    if not request.htmx:
        return redirect(f"{video.get_absolute_url()}#{anchor}")
    context = {"video": video, "comments": list_comments(video)}
    return render(request, "videos/sharing/_comments.html", context)
