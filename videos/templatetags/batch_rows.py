"""Rows of batches whose video is finished: {% load batch_rows %}{% finished_row row %}."""

from typing import NamedTuple

from django import template
from django.utils.safestring import SafeString

from dashboard.gallery import card_cache
from dashboard.templatetags.dashboard import clock, link
from videos.models import BatchItem

register = template.Library()


class FinishedRow(NamedTuple):
    """All that the row of a finished video shows; see dashboard.gallery.card_cache."""

    pk: int
    number: int
    video: int
    title: str
    picture: str  # a signed link, or empty
    colour: str
    length: str
    avatar: str
    voice: str
    voice_length: str
    is_swapped: bool


@register.simple_tag
def finished_row(row: BatchItem, *, is_swapped: bool = False) -> SafeString:
    """The row of a batch that has become a video which is ready."""
    video = row.video
    if video is None:
        raise ValueError(f"{row!r} is not finished")
    pictures = (video.thumbnail, video.avatar and video.avatar.thumbnail, row.avatar and row.avatar.thumbnail)
    shown = FinishedRow(
        pk=row.pk,
        number=row.number,
        video=video.pk,
        title=video.title,
        picture=next((link(picture) for picture in pictures if picture), ""),
        colour=video.colour,
        length=clock(video.seconds),
        avatar=row.avatar.name if row.avatar else "no avatar",
        voice=row.voice.name if row.voice else "",
        voice_length=clock(row.voice.seconds) if row.voice else "",
        is_swapped=is_swapped,
    )
    return card_cache.render_card("videos/batches/_finished_row.html", shown)
