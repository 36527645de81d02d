"""The template sheet as CSV and XLSX, with an example row and the names that can be used."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from dashboard.files.sheet_writer import Sheet, attach
from dashboard.request import Request
from videos.forms import speakers
from videos.models import Voice

NAME = "Videos"
HEADER = ("avatar", "audio", "title", "script")
MAX_AVATARS = 2000
MAX_VOICES = 500


@require_GET
def as_csv(request: Request) -> HttpResponse:
    """Only the example row."""
    return attach("csv", NAME, _example())


@require_GET
def as_xlsx(request: Request) -> HttpResponse:
    """With two more sheets: the avatars and the sounds that a row can name."""
    avatars = speakers().order_by("name", "pk").values_list("name", "pk")[:MAX_AVATARS]
    sounds = Voice.objects.order_by("name", "pk").values_list("name", "pk", "seconds")[:MAX_VOICES]
    voices = [(name, pk, round(seconds, 1)) for name, pk, seconds in sounds]
    return attach(
        "xlsx",
        NAME,
        _example(),
        Sheet("Avatars", [("avatar", "number"), *avatars]),
        Sheet("Voices", [("voice", "number", "seconds"), *voices]),
    )


def _example() -> Sheet:
    name = speakers().order_by("-created_at").values_list("name", flat=True).first()
    return Sheet("Videos", [HEADER, (name or "Ada", "hello.mp3", "Hello from us", "Hello and welcome.")])
