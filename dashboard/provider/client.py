"""The client of the Talking CG Avatar API; nothing else in the dashboard calls it.

Its methods return plain values or raise ProviderError.
"""

import logging
import time
from collections.abc import Sequence
from functools import cache
from typing import Any

import requests
import urllib3
from django.conf import settings
from django.core.cache import cache as shared_cache

from dashboard.net.connections import Deadline, open_session
from dashboard.provider.answers import (
    TOO_MANY_REQUESTS,
    UNREACHABLE,
    ProviderError,
    busy_error,
    judge_answer,
    parse_all,
    parse_one,
    to_list,
)
from dashboard.provider.parsing import RemoteAvatar, RemoteVideo, parse_avatar, parse_video

log = logging.getLogger(__name__)

PREFIX = "/v1/cg_avatar/"
CONNECT_SECONDS = 5
READ_SECONDS = 30
GENERATE_AVATAR_SECONDS = 110  # its guide: wait up to 100 s
MAX_ANSWER_BYTES = 32 * 2**20
PAGE = 1000
_WAIT_UNTIL = "provider-wait-until"


class Client:
    """One session with one provider. Every method raises ProviderError."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.session = open_session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def generate_avatar(
        self, image_url: str, client_ref: str, *, face: Sequence[float] | None = None
    ) -> RemoteAvatar:
        """`face`: the box of the face to use, one of `RemoteAvatar.faces`; only our own engine knows it."""
        body: dict[str, Any] = {"image_url": image_url, "client_ref": client_ref}
        if face:
            body["face"] = list(face)
        return parse_one(self._post("avatar.generate", body, GENERATE_AVATAR_SECONDS), parse_avatar)

    def list_avatars(self) -> list[RemoteAvatar]:
        return parse_all(self._list_all("avatar.list", "avatar_id"), parse_avatar)

    def generate_video(
        self, avatar_id: str, audio_url: str, client_ref: str, *, script: str = ""
    ) -> RemoteVideo:
        """`script`: the words that are spoken; only our own engine uses it."""
        body = {"avatar_id": avatar_id, "audio_url": audio_url, "client_ref": client_ref}
        if script:
            body["script"] = script
        return parse_one(self._post("video.generate", body, READ_SECONDS), parse_video)

    def get_video(self, video_id: str) -> RemoteVideo:
        return parse_one(self._get("video.get", video_id=video_id), parse_video)

    def list_videos(self, ids: Sequence[str] = ()) -> list[RemoteVideo]:
        """All videos, or, where the provider is our own engine, those with these ids."""
        if ids and settings.EMBEDDED:
            items = to_list(self._get("video.list", ids=",".join(ids)), "video_id")
        else:
            items = self._list_all("video.list", "video_id")
        return parse_all(items, parse_video)

    # -- one request

    def _list_all(self, method: str, key: str) -> list[Any]:
        """All items. The API has no pages; our own engine returns 1000 items and takes an offset."""
        found = items = to_list(self._get(method), key)
        while settings.EMBEDDED and len(items) == PAGE:
            items = to_list(self._get(method, offset=str(len(found))), key)
            found = found + items
        return found

    def _get(self, method: str, **params: str) -> Any:
        return self._call("GET", method, READ_SECONDS, params=params)

    def _post(self, method: str, body: dict[str, str], seconds: float) -> Any:
        try:
            return self._call("POST", method, seconds, json=body)
        except ProviderError as error:
            # Only an error with a code says that nothing was started. After a broken connection, the error page of
            # a gateway or an unreadable answer it is unknown.
            error.answer_lost = error.answer_lost or (error.status >= 500 and not error.code)
            raise

    def _call(self, verb: str, method: str, seconds: float, **kwargs: Any) -> Any:
        """The data of the answer. All errors of a request or an answer become a ProviderError here."""
        self._check_waiting()
        try:
            with Deadline(seconds) as deadline:
                response = self.session.request(
                    verb,
                    self.url + PREFIX + method,
                    timeout=(CONNECT_SECONDS, seconds),
                    allow_redirects=False,
                    stream=True,
                    **kwargs,
                )
                with response:
                    content = response.raw.read(MAX_ANSWER_BYTES, decode_content=True)
        except (requests.ConnectTimeout, requests.exceptions.SSLError) as error:
            raise ProviderError(UNREACHABLE, is_temporary=True) from error
        except requests.ConnectionError as error:
            raise ProviderError(
                UNREACHABLE, is_temporary=True, answer_lost=not _never_connected(error)
            ) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise ProviderError(UNREACHABLE, is_temporary=True, answer_lost=True) from error
        except Exception as error:  # requests and urllib3 raise other errors for some invalid answers
            log.exception("%s: unreadable answer", method)
            raise ProviderError(UNREACHABLE, is_temporary=True, answer_lost=True) from error
        if deadline.is_over:  # a connection that was cut looks like the end of the answer
            raise ProviderError(UNREACHABLE, is_temporary=True, answer_lost=True)
        try:
            return judge_answer(response, content)
        except ProviderError as error:
            if error.code == TOO_MANY_REQUESTS or error.status == 429:
                self._start_waiting(error.retry_after)
            raise

    # -- the provider's rate limit, shared by all processes

    def _start_waiting(self, seconds: float) -> None:
        shared_cache.set(_WAIT_UNTIL, time.time() + seconds, timeout=seconds)

    def _check_waiting(self) -> None:
        """Raises ProviderError without a request while the rate limit is exceeded."""
        if settings.EMBEDDED:
            return
        wait = shared_cache.get(_WAIT_UNTIL, 0) - time.time()
        if wait > 0:
            raise busy_error(wait)


@cache
def client() -> Client:
    """The client of the settings; one session for each process."""
    return Client(settings.CG_AVATAR_API_URL, settings.CG_AVATAR_API_TOKEN)


def _never_connected(error: requests.ConnectionError) -> bool:
    """Whether the request cannot have been sent."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return type(reason).__name__ in {"NewConnectionError", "ConnectTimeoutError", "NameResolutionError"}
