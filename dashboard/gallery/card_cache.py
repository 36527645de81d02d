"""Cards of finished rows: rendered once in each process, however often a gallery shows them.

Rendering cards takes most of the time of a gallery, and finished rows seldom change. The template of such a card gets
one value with all that the card shows, and this value is the key of the cache. So nothing needs to be invalidated: a
row that changed has another value.
"""

import functools
from collections.abc import Hashable

from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

MAX_CARDS = 2000  # about 2 kB each


@functools.lru_cache(maxsize=MAX_CARDS)
def render_card(template: str, card: Hashable) -> SafeString:
    """The template with `card` as its only variable: nothing of the request, no user and no token."""
    return mark_safe(get_template(template).render({"card": card}))  # noqa: S308 - Django has escaped it
