"""May this visitor see the video of a link? The narrow exception from "signed-in people only".

A password opens a link for some hours: a page remembers that by a signed cookie of that link alone. In a frame of
another site browsers keep no cookies, so there the answer to the password contains the player itself. Files are sent by
signed addresses of the link: each request looks at its row again, so that they end with it.
"""

import time
from datetime import timedelta
from pathlib import PurePosixPath
from typing import NamedTuple

from allauth.core.internal import ratelimit
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from dashboard.jobs.provider_job import ProviderState
from videos.models import Share, Video

UNLOCKED_FOR = timedelta(hours=12)
FILE_SECONDS = 2 * 3600  # a file's address is valid for two to four hours
_UNLOCKED = "videos.sharing.unlocked"
_signer = signing.Signer(salt="videos.sharing.files")


def find_share(token: str) -> Share:
    """The link, usable or not. Raises Http404."""
    share = Share.objects.select_related("video").filter(token=token).first()
    if share is None:
        raise Http404("There is no such link.")
    return share


def can_be_played(video: Video) -> bool:
    """Whether there is something to show now."""
    return video.state == ProviderState.READY and bool(video.display_file) and not video.is_file_missing


# ---------------------------------------------------------------- passwords


def is_unlocked(request: HttpRequest, share: Share) -> bool:
    """Whether this browser may see it: there is no password, or it was given here."""
    if not share.password:
        return True
    try:
        value = signing.loads(
            request.COOKIES.get(_cookie_name(share), ""), salt=_UNLOCKED, max_age=UNLOCKED_FOR
        )
    except (signing.BadSignature, ValueError, TypeError):
        return False
    return bool(value == [share.pk, share.password_key])


def remember_unlocked(request: HttpRequest, response: HttpResponse, share: Share) -> None:
    """Have the browser remember the password of this link, for its own addresses alone."""
    response.set_cookie(
        _cookie_name(share),
        signing.dumps([share.pk, share.password_key], salt=_UNLOCKED),
        max_age=UNLOCKED_FOR,
        path=share.public_path,
        httponly=True,
        secure=request.is_secure(),
        samesite="Lax",
    )


def _cookie_name(share: Share) -> str:
    return f"shared_{share.pk}"


def try_password(request: HttpRequest, share: Share, text: str) -> bool | None:
    """Whether it is the password; None if this visitor has to wait first. Limited as sign-in is."""
    here = f"{ratelimit.get_ip(request)}:{share.pk}"
    usage = _consume(request, "share_password", here)
    if usage is None:
        return None
    # Many addresses at once: from then on each has a few tries an hour.
    more = _consume(request, "share_password_widely", str(share.pk)) or _consume(
        request, "share_password_under_attack", here
    )
    if more is None:
        return None
    if not share.is_password(text):
        return False
    usage.rollback()
    more.rollback()
    return True


def _consume(request: HttpRequest, action: str, key: str) -> ratelimit.RateLimitUsage | None:
    return ratelimit.consume(request, app="allauth.account", action=action, key=key)


# ---------------------------------------------------------------- files


class SharedFiles(NamedTuple):
    """The addresses of what a visitor sees; empty for what there is not."""

    video: str
    poster: str
    captions: str
    download: str


def list_files(share: Share, title: str) -> SharedFiles:
    """What the video's page shows at present, by addresses of this link."""
    video = share.video
    poster = video.poster if video.is_poster_current else None
    suffix = PurePosixPath(video.display_file.name or "").suffix
    return SharedFiles(
        video=_sign(share, video.display_file.name),
        poster=_sign(share, poster.name if poster else ""),
        captions=_sign(share, video.captions.name),
        download=_sign(share, video.display_file.name, f"{title}{suffix}") if share.allows_download else "",
    )


def _sign(share: Share, name: str | None, download: str = "") -> str:
    if not name:
        return ""
    # Rounded, so that a page that is loaded again has the same address and the browser uses its cache.
    expires = (int(time.time()) // FILE_SECONDS + 2) * FILE_SECONDS
    signed = _signer.sign_object([share.pk, name, download, expires, share.password_key], compress=True)
    return reverse("shared-file", args=[share.token, signed, download or PurePosixPath(name).name])


class SharedFile(NamedTuple):
    name: str
    download: str
    seconds: float  # until its address ends


def read_file_address(share: Share, signed: str) -> SharedFile:
    """The file of a signed address, if it belongs to this link as it is now. Raises Http404."""
    try:
        pk, name, download, expires, password_key = _signer.unsign_object(signed)
    except (signing.BadSignature, ValueError, TypeError):
        raise Http404("This link is not valid.") from None
    video = share.video
    shown = {video.display_file.name, video.poster.name, video.captions.name} - {"", None}
    if (pk, password_key) != (share.pk, share.password_key) or expires < time.time() or name not in shown:
        raise Http404("This link has expired.")
    if download and not share.allows_download:
        raise Http404("This video may not be downloaded.")
    return SharedFile(name, download, expires - time.time())
