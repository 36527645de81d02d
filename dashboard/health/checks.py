"""Checks of what all apps need. dashboard/apps.py imports this module, which registers them."""

import logging

from django.db import DatabaseError

from dashboard.health.problems import Problem, register
from dashboard.models import Lease

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
