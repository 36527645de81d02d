"""Asks now and then, while the provider does not answer or does not let this site in, whether it does again."""

from dashboard.provider import access
from dashboard.provider.client import client


def step() -> float:
    """Called by the poller; returns the seconds until the next call."""
    problem = access.find_problem()
    if problem and problem.is_check_due:
        client(is_poll=True).check_access()
    return access.POLL_SECONDS
