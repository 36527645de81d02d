"""Cards of finished videos: {% load video_cards %}{% finished_video video %}."""

from datetime import datetime
from typing import NamedTuple

from django import template
from django.db.models.fields.files import FieldFile
from django.template import Context
from django.utils.safestring import SafeString

from dashboard.gallery import card_cache
from dashboard.templatetags.dashboard import clock, link
from dashboard.templatetags.pages import is_wide, words_ago
from videos.models import Video

register = template.Library()


class Finished(NamedTuple):
    """All that the card of a finished video shows; see dashboard.gallery.card_cache."""

    pk: int
    title: str
    length: str
    film: str  # signed links, or nothing
    picture: str
    is_wide: bool
    colour: str
    who: str
    created_at: datetime
    ago: str
    is_others: bool
    is_favourite: bool | None  # None: without a star, outside of galleries


@register.simple_tag(takes_context=True)
def finished_video(context: Context, video: Video) -> SafeString:
    picture: FieldFile | None
    if video.poster:
        picture, size = video.thumbnail or video.poster, video.display_size
    elif avatar := video.avatar:
        picture, size = avatar.thumbnail or avatar.picture, (avatar.portrait_width, avatar.portrait_height)
    else:
        picture, size = None, (0, 0)
    shown = Finished(
        pk=video.pk,
        title=video.title,
        length=clock(video.seconds),
        film=link(video.display_file),
        picture=link(picture) if picture else "",
        is_wide=is_wide(*size),
        colour=video.colour,
        who=str(video.made_by or ""),
        created_at=video.created_at,
        ago=words_ago(video.created_at),
        is_others=not context["user"].may_change(video),
        is_favourite=video.pk in context["favourites"] if "favourites" in context else None,
    )
    return card_cache.render_card("videos/_finished.html", shown)
