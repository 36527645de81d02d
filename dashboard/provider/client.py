"""The client of the Talking CG Avatar API; nothing else in the dashboard calls it.

Its methods return plain values or raise ProviderError.
"""

import logging
import math
import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

import requests
import urllib3
from django.conf import settings
from django.core.cache import cache as shared_cache

from dashboard.net.connections import Deadline, open_session
from dashboard.provider.answers import RemoteAvatar, RemoteVideo, parse_avatar, parse_envelope, parse_video

log = logging.getLogger(__name__)
R = TypeVar("R", RemoteAvatar, RemoteVideo)

PREFIX = "/v1/cg_avatar/"
CONNECT_SECONDS = 5
READ_SECONDS = 30
GENERATE_AVATAR_SECONDS = 110  # its guide: wait up to 100 s
MAX_ANSWER_BYTES = 32 * 2**20
PAGE = 1000
TOO_MANY_REQUESTS = 1009
NOT_FOUND = 10001
DEFAULT_WAIT = 30  # seconds, where the provider does not name a time
# Of our own engine, which another provider may be as well: the request, its moment, links that could not be followed.
ABOUT_REQUEST = {*range(1001, 1012), 2001, 3001, NOT_FOUND}
_WAIT_UNTIL = "provider-wait-until"


class ProviderError(Exception):
    """A call that did not succeed.

    `str`: a sentence for people. `is_temporary`: repeating the call can help. `is_refusal`: this portrait or sound was
    refused, and would be again. `answer_lost`: the request may have been carried out. `retry_after`: seconds to wait at
    least. `code` and `status`: as in the provider's answer.
    """

    def __init__(
        self,
        sentence: str,
        *,
        is_temporary: bool = False,
        is_refusal: bool = False,
        answer_lost: bool = False,
        code: int = 0,
        status: int = 0,
        retry_after: float = 0,
    ) -> None:
        super().__init__(sentence)
        self.is_temporary = is_temporary
        self.is_refusal = is_refusal
        self.answer_lost = answer_lost
        self.code = code
        self.status = status
        self.retry_after = retry_after

    @property
    def is_unknown_id(self) -> bool:
        return self.code == NOT_FOUND or self.status == 404


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
        return _parse_one(self._post("avatar.generate", body, GENERATE_AVATAR_SECONDS), parse_avatar)

    def list_avatars(self) -> list[RemoteAvatar]:
        return _parse_all(self._list_all("avatar.list", "avatar_id"), parse_avatar)

    def generate_video(
        self, avatar_id: str, audio_url: str, client_ref: str, *, script: str = ""
    ) -> RemoteVideo:
        """`script`: the words that are spoken; only our own engine uses it."""
        body = {"avatar_id": avatar_id, "audio_url": audio_url, "client_ref": client_ref}
        if script:
            body["script"] = script
        return _parse_one(self._post("video.generate", body, READ_SECONDS), parse_video)

    def get_video(self, video_id: str) -> RemoteVideo:
        return _parse_one(self._get("video.get", video_id=video_id), parse_video)

    def list_videos(self, ids: Sequence[str] = ()) -> list[RemoteVideo]:
        """All videos, or, where the provider is our own engine, those with these ids."""
        if ids and settings.EMBEDDED:
            items = _to_list(self._get("video.list", ids=",".join(ids)), "video_id")
        else:
            items = self._list_all("video.list", "video_id")
        return _parse_all(items, parse_video)

    # -- one request

    def _list_all(self, method: str, key: str) -> list[Any]:
        """All items. The API has no pages; our own engine returns 1000 items and takes an offset."""
        found = items = _to_list(self._get(method), key)
        while settings.EMBEDDED and len(items) == PAGE:
            items = _to_list(self._get(method, offset=str(len(found))), key)
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
        return self._read_data(response, content)

    def _read_data(self, response: requests.Response, content: bytes) -> Any:
        """The data in the envelope of a successful answer."""
        status, envelope = response.status_code, parse_envelope(content)
        code, message = envelope.code, envelope.message
        if status == 429 or code == TOO_MANY_REQUESTS:
            raise self._start_waiting(response)
        if code == 0 and status < 400:
            return envelope.data
        if status in {401, 403}:
            raise ProviderError(NO_ENTRY, code=code or 0, status=status)
        if 400 <= status < 500 and envelope.is_object:  # a refusal by the API, with or without a code
            raise _to_refusal(response, code or 0, message)
        if code is None and 300 <= status < 500:
            raise ProviderError(WRONG_ADDRESS, status=status)
        if code is None or status >= 500:
            # 200 without an envelope: the request may have been carried out.
            raise ProviderError(
                _explain_refusal(message) if code and message else UNREACHABLE,
                is_temporary=True,
                answer_lost=status < 400,
                code=code or 0,
                status=status,
            )
        raise _to_refusal(response, code, message)

    # -- the provider's rate limit, shared by all processes

    def _start_waiting(self, response: requests.Response) -> ProviderError:
        try:
            wait = float(response.headers.get("X-Ratelimit-Reset", "")) - time.time()
        except ValueError:
            wait = DEFAULT_WAIT
        wait = min(max(wait, 1), 120) if math.isfinite(wait) else DEFAULT_WAIT
        shared_cache.set(_WAIT_UNTIL, time.time() + wait, timeout=wait)
        return ProviderError(BUSY, is_temporary=True, code=TOO_MANY_REQUESTS, status=429, retry_after=wait)

    def _check_waiting(self) -> None:
        """Raises ProviderError without a request while the rate limit is exceeded."""
        if settings.EMBEDDED:
            return
        wait = shared_cache.get(_WAIT_UNTIL, 0) - time.time()
        if wait > 0:
            raise ProviderError(BUSY, is_temporary=True, code=TOO_MANY_REQUESTS, status=429, retry_after=wait)


UNREACHABLE = "The avatar service does not answer. Try again in a few minutes."
NO_ENTRY = "The avatar service does not accept our key. The owner of this site has to renew it."
WRONG_ADDRESS = "The avatar service sent an invalid answer. The owner of this site has to check its address."
BUSY = "The avatar service is busy. This continues automatically in a minute."


@cache
def client() -> Client:
    """The client of the settings; one session for each process."""
    return Client(settings.CG_AVATAR_API_URL, settings.CG_AVATAR_API_TOKEN)


def _explain_refusal(message: str) -> str:
    """A refusal as a sentence for people, which is what our own engine sends."""
    if settings.EMBEDDED and message:
        return message
    return f"The avatar service refused this: “{message or 'no reason given'}”."


def _to_refusal(response: requests.Response, code: int, message: str) -> ProviderError:
    """The error for an envelope with a failure: about the input of a generate call, unless code or status differ."""
    status = response.status_code
    is_about_input = code not in ABOUT_REQUEST and status not in {404, 405, 408, 409, 425}
    is_refusal = response.request.method == "POST" and is_about_input
    return ProviderError(_explain_refusal(message), code=code, status=status, is_refusal=is_refusal)


def _never_connected(error: requests.ConnectionError) -> bool:
    """Whether the request cannot have been sent."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return type(reason).__name__ in {"NewConnectionError", "ConnectTimeoutError", "NameResolutionError"}


def _parse_one(data: Any, parse: Callable[[Any], R | None]) -> R:
    """The item in the data, which may be a list of one or the object itself."""
    found = parse(data[0] if isinstance(data, list) and data else data)
    if found is None:
        raise ProviderError(UNREACHABLE, is_temporary=True, answer_lost=True)
    return found


def _to_list(data: Any, key: str) -> list[Any]:
    if data is None:
        return []
    if isinstance(data, dict):
        data = [data] if key in data else next((v for v in data.values() if isinstance(v, list)), [])
    if not isinstance(data, list):
        raise ProviderError(UNREACHABLE, is_temporary=True)
    return data


def _parse_all(items: Sequence[Any], parse: Callable[[Any], R | None]) -> list[R]:
    """The items that can be parsed."""
    found = [parsed for item in items if (parsed := parse(item)) is not None]
    if len(found) < len(items):
        log.warning("%s of %s items of a list cannot be used", len(items) - len(found), len(items))
    return found
