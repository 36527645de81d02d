"""Pages that belong to no app."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """For whoever watches the server, and for `make run`, which waits for it."""
    return HttpResponse("ok\n", content_type="text/plain")
