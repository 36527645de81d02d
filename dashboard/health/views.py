"""What monitoring asks."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.health.problems import find_problems
from dashboard.health.readiness import check_readiness
from dashboard.models import User
from dashboard.request import Request


@login_not_required
@require_safe
@never_cache
def health(request: Request) -> JsonResponse:
    """What does not work: 200, or 503 when something essential does not.

    `make run` waits until this answers at all, and so does a page that has lost its connection. Who is not signed in
    learns the keys of the problems only.
    """
    problems = find_problems()
    user = _user(request)
    rows = []
    for problem in problems:
        row = {"key": problem.key}
        if user and problem.is_for(user):
            row["sentence"] = problem.sentence
        rows.append(row)
    failing = any(problem.is_essential for problem in problems)
    status = "failing" if failing else "degraded" if problems else "ok"
    return JsonResponse({"status": status, "problems": rows}, status=503 if failing else 200)


@login_not_required
@require_safe
@never_cache
def live(request: Request) -> HttpResponse:
    """This process answers. Touches nothing else: a restart would not mend the database."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@require_safe
@never_cache
def ready(request: Request) -> JsonResponse:
    """200 when everything that is needed to make videos is there, otherwise 503; and what of it is."""
    checks = check_readiness()
    is_ready = all(answer == "ok" for answer in checks.values())
    return JsonResponse({"ready": is_ready, "checks": checks}, status=200 if is_ready else 503)


def _user(request: Request) -> User | None:
    """Who asks; nobody where the database cannot say."""
    try:
        return request.user if request.user.is_authenticated else None
    except DatabaseError:
        return None
