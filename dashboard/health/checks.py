"""Checks of what all apps need. dashboard/apps.py imports this module, which registers them."""

import logging
import time

from django.conf import settings
from django.db import DatabaseError

from dashboard.files import disk
from dashboard.health.problems import OUTAGE, Problem, register
from dashboard.models import Lease
from dashboard.provider import access, rate_limit
from dashboard.provider.answers import NO_ENTRY

log = logging.getLogger(__name__)

OUTAGE_SECONDS = 15.0  # until it is said


@register
def check_database() -> list[Problem]:
    """The database can be read."""
    try:
        Lease.objects.exists()
    except DatabaseError as error:
        log.error("the database cannot be read: %s", error)
        sentence = "The database of this server cannot be read. Look at its disk and at the logs."
        return [Problem("database", sentence, is_essential=True)]
    return []


@register
def check_provider_access() -> list[Problem]:
    """The provider accepts our key, and there is an avatar service at its address."""
    found = access.find_problem()
    if not found or found.is_outage:
        return []
    key = "provider-access"
    reason = "does not accept the key of this site" if found.sentence == NO_ENTRY else "is not at its address"
    advice = (
        "Check CG_AVATAR_API_TOKEN and CG_AVATAR_API_URL in the settings of this site, and start it again."
    )
    return _orders_wait(key, reason, "Start this site again." if settings.EMBEDDED else advice)


@register
def check_provider_answers() -> list[Problem]:
    """The provider answers. A few seconds without are no problem: it may have been started again."""
    found = access.find_problem()
    if not found or not found.is_outage or time.time() - found.since < OUTAGE_SECONDS:
        return []
    advice = "If this stays, start this site again."
    if not settings.EMBEDDED:
        advice = (
            "If this stays, ask whoever runs the avatar service, and check CG_AVATAR_API_URL in the settings of "
            "this site."
        )
    return _orders_wait(OUTAGE, "does not answer", advice)


@register
def check_provider_limit() -> list[Problem]:
    """The provider lets requests through, at least now and then."""
    if not rate_limit.refuses_all():
        return []
    advice = (
        f"It has refused all requests for more than {rate_limit.LONG_SECONDS // 60:.0f} minutes, as if its limit "
        "were used up. Ask whoever runs it, or look into the account there. If it allows fewer requests a minute than "
        "CG_AVATAR_REQUESTS_PER_MINUTE in the settings of this site, lower that."
    )
    return _orders_wait("provider-limit", "takes no requests", advice)


def _orders_wait(key: str, reason: str, advice: str) -> list[Problem]:
    waiting = f"New avatars and videos wait: the avatar service {reason}. They continue automatically."
    return [Problem(key, waiting, for_everybody=True), Problem(key, advice)]


@register
def check_disk() -> list[Problem]:
    """There is room for what is being made, and for a while to come."""
    if obstacle := disk.find_obstacle():
        sentence = (
            f"{obstacle} What was ordered waits, and continues automatically when there is room; nothing new can be "
            "ordered or uploaded until then."
        )
        key = "disk-full" if obstacle == disk.FULL else "disk-read-only"
        return [Problem(key, sentence, for_everybody=True, is_essential=True)]
    free = disk.free_bytes()
    if free > settings.DISK_WARNING_BYTES:
        return []
    waste = "The disk of this server is nearly full. Delete videos that nobody needs."
    sentence = (
        f"{free // 2**20:,} MB are left. With less than "
        f"{settings.DISK_RESERVE_BYTES // 2**20:,} MB nothing more is made. If nothing can be deleted, give "
        f"{settings.DATA_DIR} a larger disk."
    )
    return [Problem("disk-nearly-full", waste, for_everybody=True), Problem("disk-nearly-full", sentence)]
