"""The provider of the avatar API: which one, whether it answers, whether it accepts our token."""

import time
from urllib.parse import urlsplit

from django.conf import settings

from dashboard.connection.services import TEST_SECONDS, Report, Result, Service, State, register
from dashboard.models import User
from dashboard.provider import access, rate_limit
from dashboard.provider.answers import NO_ENTRY
from dashboard.provider.client import client, count_free_requests


def describe() -> Report:
    problem = access.find_problem()
    where = "This installation itself" if settings.EMBEDDED else urlsplit(settings.CG_AVATAR_API_URL).netloc
    facts = [("Provider", where), ("Token", _describe_token(problem)), ("Requests left", _describe_rate())]
    if rate_limit.refuses_all():
        return Report(State.BAD, "Takes no requests: its limit is used up.", facts)
    if problem is None:
        return Report(State.OK, "Answers and accepts the token.", facts)
    if problem.is_outage:
        return Report(State.BAD, "Does not answer. New avatars and videos wait.", facts)
    if problem.sentence == NO_ENTRY:
        words = "Does not accept the token. Renew CG_AVATAR_API_TOKEN and start this site again."
        return Report(State.BAD, words, facts)
    return Report(State.BAD, "There is no avatar service at its address. Check CG_AVATAR_API_URL.", facts)


def _describe_token(problem: access.AccessProblem | None) -> str:
    if problem is None:
        return "Accepted"
    return "Expired or wrong" if problem.sentence == NO_ENTRY else "Not known: it does not answer"


def _describe_rate() -> str:
    limit = settings.CG_AVATAR_REQUESTS_PER_MINUTE
    if not limit:
        return "No limit"
    return f"{min(count_free_requests(), limit)} of {limit} in this minute"


def test(user: User) -> Result:
    """One request that is not about a single row."""
    start = time.monotonic()
    accepted = client().check_access(TEST_SECONDS)
    took = f"{(time.monotonic() - start) * 1000:,.0f} ms"
    if accepted:
        return Result(True, f"It answered in {took} and accepts the token.")
    problem = access.find_problem()
    if accepted is None and problem is None:
        return Result(False, "Its limit of requests is used up at the moment. Test again in a minute.")
    if problem and problem.is_outage:
        return Result(False, f"It did not answer ({took}).")
    return Result(False, f"It answered in {took}, and refused: {problem.sentence if problem else NO_ENTRY}")


register(Service("provider", "Avatar service", describe, test, tests_at_once=True, place=10))
