"""One's own picture."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from dashboard.accounts import pictures
from dashboard.files.disk import needs_room
from dashboard.permissions import Permission, requires
from dashboard.request import Request
from dashboard.uploads import UploadError


@needs_room
@require_POST
@requires(Permission.SEE)
def change_picture(request: Request) -> HttpResponse:
    file = request.FILES.get("picture")
    if file is None:
        messages.error(request, "Choose a picture first.")
        return redirect("account")
    try:
        pictures.set_picture(request.user, file)
    except UploadError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Your picture is saved.")
    return redirect("account")


@require_POST
@requires(Permission.SEE)
def remove_picture(request: Request) -> HttpResponse:
    pictures.remove_picture(request.user)
    messages.success(request, "Your picture is removed.")
    return redirect("account")
