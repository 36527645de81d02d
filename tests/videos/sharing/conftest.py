import pytest
from django.core.files.base import ContentFile

from videos.models import Share

CAPTIONS = b"WEBVTT\n\n00:00.000 --> 00:00.300\nHello\n"


@pytest.fixture
def video(finished):
    made = finished(title="A film for Kim")
    made.captions.save("hello.vtt", ContentFile(CAPTIONS))
    return made


@pytest.fixture
def new_share(video, maria):
    def make(password="", **fields):
        share = Share(**{"video": video, "made_by": maria} | fields)
        share.set_password(password)
        share.save()
        return share

    return make
