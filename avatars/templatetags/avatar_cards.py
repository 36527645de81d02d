"""Cards of finished avatars: {% load avatar_cards %}{% finished_avatar avatar %}."""

from datetime import datetime
from typing import NamedTuple

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from avatars.models import Avatar
from dashboard.gallery import card_cache
from dashboard.permissions import Permission
from dashboard.templatetags.dashboard import link
from dashboard.templatetags.pages import is_wide, words_ago

register = template.Library()


class FinishedAvatar(NamedTuple):
    """All that the card of a finished avatar shows; see dashboard.gallery.card_cache."""

    pk: int
    name: str
    picture: str  # a signed link, or empty
    is_wide: bool
    colour: str
    video_count: int
    who: str
    created_at: datetime
    ago: str
    is_others: bool
    is_favourite: bool | None  # None: without a star, outside of galleries
    may_make: bool


@register.simple_tag(takes_context=True)
def finished_avatar(context: Context, avatar: Avatar) -> SafeString:
    card = FinishedAvatar(
        pk=avatar.pk,
        name=avatar.name,
        picture=link(avatar.thumbnail or avatar.picture),
        is_wide=is_wide(avatar.portrait_width, avatar.portrait_height),
        colour=avatar.colour,
        video_count=avatar.video_count,
        who=str(avatar.made_by or ""),
        created_at=avatar.created_at,
        ago=words_ago(avatar.created_at),
        is_others=not context["user"].may_change(avatar),
        is_favourite=avatar.pk in context["favourites"] if "favourites" in context else None,
        may_make=context["user"].may(Permission.MAKE),
    )
    return card_cache.render_card("avatars/_finished.html", card)
