"""Asks now and then, while the provider does not let this site in, whether it does again."""

from dashboard.provider import access
from dashboard.provider.client import client


def step() -> float:
    """Called by the poller; returns the seconds until the next call."""
    if access.find_problem():
        client(is_poll=True).check_access()
    return access.CHECK_SECONDS
