"""The sheet to fill in, as CSV and as XLSX, with an example row and everybody who can speak."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from videos.batches.sheet_writer import Sheet, attach
from videos.forms import speakers
from videos.models import Voice

NAME = "Videos"
HEADER = ("avatar", "audio", "title", "script")
AVATARS_LISTED = 2000
VOICES_LISTED = 500


@require_GET
def as_csv(request: HttpRequest) -> HttpResponse:
    """Excel, Numbers and Google all open it; it has the example alone."""
    return attach("csv", NAME, _example())


@require_GET
def as_xlsx(request: HttpRequest) -> HttpResponse:
    """With two more sheets: the avatars and the sounds that a row can name."""
    people = speakers().order_by("name", "pk").values_list("name", "pk")[:AVATARS_LISTED]
    sounds = Voice.objects.order_by("name", "pk").values_list("name", "pk", "seconds")[:VOICES_LISTED]
    heard = [(name, pk, round(seconds, 1)) for name, pk, seconds in sounds]
    return attach(
        "xlsx",
        NAME,
        _example(),
        Sheet("Avatars", [("avatar", "number"), *people]),
        Sheet("Voices", [("voice", "number", "seconds"), *heard]),
    )


def _example() -> Sheet:
    name = speakers().order_by("-created_at").values_list("name", flat=True).first()
    return Sheet("Videos", [HEADER, (name or "Ada", "hello.mp3", "Hello from us", "Hello and welcome.")])
