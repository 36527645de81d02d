"""Checks of what all apps need. dashboard/apps.py imports this module, which registers them."""

import logging

from django.conf import settings
from django.db import DatabaseError

from dashboard.files import disk
from dashboard.health.problems import Problem, register
from dashboard.models import Lease
from dashboard.provider import access
from dashboard.provider.answers import NO_ENTRY

log = logging.getLogger(__name__)


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
    if not found:
        return []
    key = "provider-access"
    reason = "does not accept the key of this site" if found == NO_ENTRY else "is not at its address"
    waiting = f"New avatars and videos wait: the avatar service {reason}. They continue automatically."
    advice = (
        "Check CG_AVATAR_API_TOKEN and CG_AVATAR_API_URL in the settings of this site, and start it again."
    )
    if settings.EMBEDDED:
        advice = "Start this site again."
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
    sentence = (
        f"The disk of this server is nearly full: {free // 2**20:,} MB are left. With less than "
        f"{settings.DISK_RESERVE_BYTES // 2**20:,} MB nothing more is made. Delete videos that nobody needs, or give "
        f"{settings.DATA_DIR} a larger disk."
    )
    return [Problem("disk-nearly-full", sentence)]
