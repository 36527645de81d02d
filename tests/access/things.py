"""What the parameters of the addresses stand for: things of Maria's, one of each kind."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from avatars.models import Avatar
from dashboard.files import signed_links
from dashboard.forgotten.models import Forgetting
from dashboard.models import OneTimeLink, Project, User
from engine.models import Token
from videos.models import Batch, BatchItem, ItemState, Share, Speech, Video, Voice
from videos.sharing import visits

MISSING = 987_654_321  # the key of nothing


@pytest.fixture
def things(finished, new_backdrop, maria: User, owner: User) -> dict[str, dict[str, Any]]:
    """The parameters of the addresses, by how the address begins; the longest beginning counts."""
    video: Video = finished()
    video.captions.save("hello.vtt", ContentFile(b"WEBVTT\n\n00:00.000 --> 00:00.300\nHello\n"))
    Voice.objects.filter(pk=video.voice_id).update(made_by=maria)
    two = {
        "faces": [[0.1, 0.1, 0.3, 0.3], [0.6, 0.1, 0.2, 0.2]],
        "portrait_width": 1200,
        "portrait_height": 800,
    }
    Avatar.objects.filter(pk=video.avatar_id).update(**two)
    draft = Batch.objects.create(name="Draft", made_by=maria)
    row = BatchItem.objects.create(batch=draft, number=1, state=ItemState.DRAFT, avatar=video.avatar)
    batch = Batch.objects.create(name="Started", made_by=maria, started_at=timezone.now())
    item = BatchItem.objects.create(batch=batch, number=1, state=ItemState.CANCELLED, avatar=video.avatar)
    deleted = Avatar.objects.create(name="Deleted", made_by=maria, trashed_at=timezone.now())
    started = {"pk": batch.pk, "item_pk": item.pk}
    nina = User.objects.create_user("nina@example.com", "a long password", name="Nina")
    out = User.objects.create_user("ulla@example.com", "a long password", name="Ulla", is_active=False)
    text = Speech.objects.create(text="Hello", speaker="draft:en-us", made_by=maria)
    link, _ = OneTimeLink.make(owner, note="for the list")
    share = Share.objects.create(video=video, made_by=maria, allows_comments=True, allows_embedding=True)
    comment = share.comments.create(name="Kim", text="Louder!")
    shared = visits.list_files(share, "Hello").video.split("/")
    media = signed_links.link(video.poster.name or "").split("/")
    return {
        "avatars/": {"pk": video.avatar_id},
        "projects/": {"pk": Project.objects.create(name="Spring", made_by=maria).pk},
        "filters/": {"pk": MISSING},
        "organize/": {"kind": "video", "pk": video.pk},
        "favourites/": {"kind": "video", "pk": video.pk},
        "trash/": {"kind": "avatar", "pk": deleted.pk},
        "videos/new/speaker/": {"pk": video.avatar_id},
        "videos/looks/pictures/": {"pk": new_backdrop().pk},
        "videos/voices/": {"pk": video.voice_id},
        "videos/voices/speech/": {"pk": text.pk},
        "videos/batches/": {"pk": draft.pk, "item_pk": row.pk, "way": "sheet", "kind": "csv"},
        "videos/batches/<int:pk>/rows/<int:item_pk>/retry/": started,
        "videos/batches/<int:pk>/rows/<int:item_pk>/cancel/": started,
        "videos/": {"pk": video.pk, "kind": "webm"},
        "videos/<int:pk>/links/": {"pk": video.pk, "share_pk": share.pk, "comment_pk": comment.pk},
        "share/": {"token": share.token, "signed": shared[4], "filename": shared[5]},
        "account/sessions/": {"pk": MISSING},
        "tokens/": {"pk": Token.make("curl")[0].pk},
        "accounts/two-step/passkeys/": {"pk": MISSING},
        "forgotten/": {"pk": Forgetting.objects.create(made_by=maria).pk},
        "people/": {"pk": nina.pk, "session_pk": MISSING},
        "people/<int:pk>/reactivate/": {"pk": out.pk},
        "people/links/": {"pk": link.pk},
        "invitation/": {"token": OneTimeLink.make(owner, note="somebody")[1]},
        "new-password/": {"token": OneTimeLink.make(owner, user=nina)[1]},
        "usage/": {"key": "videos"},
        "connection/": {"key": "storage"},
        "media/": {"signed": media[2], "filename": media[3]},
    }


def list_routes(resolver: URLResolver | None = None, before: str = "") -> list[str]:
    """Every address of the URLconf, with its parameters as they are written there."""
    routes = []
    for pattern in (resolver or get_resolver()).url_patterns:
        route = before + str(pattern.pattern)
        routes += [route] if isinstance(pattern, URLPattern) else list_routes(pattern, route)
    return routes


def fill(route: str, things: Mapping[str, Mapping[str, Any]], **changed: Any) -> str:
    """The path of a route, with the things that its parameters stand for."""
    beginning = max((start for start in things if route.startswith(start)), key=len, default="")
    values = dict(things.get(beginning, {})) | changed
    parts = route.split("<")
    filled = [parts[0]]
    for part in parts[1:]:
        parameter, _, rest = part.partition(">")
        filled.append(str(values[parameter.partition(":")[2]]) + rest)
    return "/" + "".join(filled)
