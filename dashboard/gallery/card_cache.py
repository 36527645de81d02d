"""Cards that are done: drawn once in each process, however often a gallery shows them.

A gallery spends most of its time on its cards, and those of finished things seldom change. The template of such a
card is given one value, which holds all that the card shows, and the card is remembered by that value: when anything
about it changes, it is another value, so that nothing has to be told that a card is out of date.
"""

import functools
from collections.abc import Hashable

from django.template.loader import get_template
from django.utils.safestring import SafeString

REMEMBERED = 2000  # about 2 kB each


@functools.lru_cache(maxsize=REMEMBERED)
def draw(template: str, shown: Hashable) -> SafeString:
    """The card that `template` makes of `shown`, in it `card`. Nothing of the request gets in: no user, no token."""
    return get_template(template).render({"card": shown})
