"""Each person's own choice, on the account page."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from dashboard.mail_news.models import MailNews
from dashboard.permissions import Permission, requires
from dashboard.request import Request


@require_POST
@requires(Permission.SEE)
def choose(request: Request) -> HttpResponse:
    """Mails about what became ready or failed, from now on, or none."""
    if "mail" in request.POST:
        MailNews.objects.get_or_create(user=request.user)
    else:
        MailNews.objects.filter(user=request.user).delete()
    messages.success(request, "Saved.")
    return redirect("account")
