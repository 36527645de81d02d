"""Checks of what all apps need. dashboard/apps.py imports this module, which registers them."""

import logging

from django.conf import settings
from django.db import DatabaseError

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
