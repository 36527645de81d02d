"""What the page of a video shows of its links."""

from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from videos.models import Share, ShareComment, ShareDay, Video


def list_for_video(video: Video) -> list[Share]:
    """The links of a video with how often they were played and how many comments are new."""
    views = (
        ShareDay.objects.filter(share=OuterRef("pk")).order_by().values("share").annotate(sum=Sum("views"))
    )
    rows = video.shares.annotate(
        view_count=Coalesce(Subquery(views.values("sum")), 0),
        new_comments=Count("comments", filter=Q(comments__seen_at=None)),
    )
    return list(rows.order_by("-created_at", "-pk"))


def list_comments(video: Video) -> list[ShareComment]:
    """All that visitors said of a video, by whatever link."""
    rows = ShareComment.objects.filter(share__video=video).select_related("share", "answered_by")
    return list(rows.order_by("at_seconds", "pk"))
