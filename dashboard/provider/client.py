"""The only caller of the Talking CG Avatar API, and the one place where its answers are judged.

The rest of the product sees plain values or one ProviderError, which says what a person can be told, whether trying
again can help, and whether the call may have happened although its answer was lost.
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
DEFAULT_HOLD = 30  # seconds, where it does not say until when
# Of our own engine, which another provider may be as well: the request, its moment, links that could not be followed.
ABOUT_REQUEST = {*range(1001, 1012), 2001, 3001, NOT_FOUND}
_HOLD = "provider-hold-until"


class ProviderError(Exception):
    """A call that did not succeed.

    `str` is a sentence for a person. `is_temporary`: trying again by itself can help. `is_refusal`: the portrait or
    the sound itself is not wanted, and the same will be refused again. `answer_lost`: the request may have been carried
    out all the same. `retry_after`: seconds to wait at least. `code` and `status`: what the provider said.
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
    """One session with one provider. Every call raises ProviderError."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.session = open_session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def generate_avatar(
        self, image_url: str, client_ref: str, *, face: Sequence[float] | None = None
    ) -> RemoteAvatar:
        """`face`, which of several to use (see `RemoteAvatar.faces`), is an extra of our own engine too."""
        body: dict[str, Any] = {"image_url": image_url, "client_ref": client_ref}
        if face:
            body["face"] = list(face)
        return _one(self._post("avatar.generate", body, GENERATE_AVATAR_SECONDS), parse_avatar)

    def list_avatars(self) -> list[RemoteAvatar]:
        return _usable(self._whole_list("avatar.list", "avatar_id"), parse_avatar)

    def generate_video(
        self, avatar_id: str, audio_url: str, client_ref: str, *, script: str = ""
    ) -> RemoteVideo:
        """`script`, what is said in the sound, is an extra of our own engine; others ignore it."""
        body = {"avatar_id": avatar_id, "audio_url": audio_url, "client_ref": client_ref}
        if script:
            body["script"] = script
        return _one(self._post("video.generate", body, READ_SECONDS), parse_video)

    def get_video(self, video_id: str) -> RemoteVideo:
        return _one(self._get("video.get", video_id=video_id), parse_video)

    def list_videos(self, ids: Sequence[str] = ()) -> list[RemoteVideo]:
        """All videos; of our own engine only those with these ids, where some are given."""
        if ids and settings.EMBEDDED:
            items = _several(self._get("video.list", ids=",".join(ids)), "video_id")
        else:
            items = self._whole_list("video.list", "video_id")
        return _usable(items, parse_video)

    # -- one request

    def _whole_list(self, method: str, key: str) -> list[Any]:
        """The reference knows no pages; our own engine gives out the newest 1000 unless asked for more."""
        found = items = _several(self._get(method), key)
        while settings.EMBEDDED and len(items) == PAGE:
            items = _several(self._get(method, offset=str(len(found))), key)
            found = found + items
        return found

    def _get(self, method: str, **params: str) -> Any:
        return self._call("GET", method, READ_SECONDS, params=params)

    def _post(self, method: str, body: dict[str, str], seconds: float) -> Any:
        try:
            return self._call("POST", method, seconds, json=body)
        except ProviderError as error:
            # Only an answer in the API's own words says that nothing was started; a broken connection, a
            # gateway's error page or an answer we cannot read leave it open.
            error.answer_lost = error.answer_lost or (error.status >= 500 and not error.code)
            raise

    def _call(self, verb: str, method: str, seconds: float, **kwargs: Any) -> Any:
        """The data of the answer. Whatever can go wrong with a request or an answer becomes an ProviderError here."""
        self._wait_our_turn()
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
        except Exception as error:  # the libraries below have more ways to stumble over an odd answer
            log.exception("%s: an answer that cannot be read", method)
            raise ProviderError(UNREACHABLE, is_temporary=True, answer_lost=True) from error
        if deadline.is_over:  # a connection that was cut looks like the end of an answer
            raise ProviderError(UNREACHABLE, is_temporary=True, answer_lost=True)
        return self._judge(response, content)

    def _judge(self, response: requests.Response, content: bytes) -> Any:
        """The envelope's data, if the answer is a success."""
        status, envelope = response.status_code, parse_envelope(content)
        code, message = envelope.code, envelope.message
        if status == 429 or code == TOO_MANY_REQUESTS:
            raise self._held_off(response)
        if code == 0 and status < 400:
            return envelope.data
        if status in {401, 403}:
            raise ProviderError(NO_ENTRY, code=code or 0, status=status)
        if 400 <= status < 500 and envelope.is_object:  # an envelope says no, with a code or without
            raise self._refused(response, code or 0, message)
        if code is None and 300 <= status < 500:
            raise ProviderError(WRONG_ADDRESS, status=status)
        if code is None or status >= 500:
            # 200 with something that is no envelope: the request may well have been carried out.
            raise ProviderError(
                _told(message) if code and message else UNREACHABLE,
                is_temporary=True,
                answer_lost=status < 400,
                code=code or 0,
                status=status,
            )
        raise self._refused(response, code, message)

    def _refused(self, response: requests.Response, code: int, message: str) -> ProviderError:
        """An envelope that says no: to what a generate call handed in, unless code or status say otherwise."""
        status = response.status_code
        is_about_input = code not in ABOUT_REQUEST and status not in {404, 405, 408, 409, 425}
        is_refusal = response.request.method == "POST" and is_about_input
        return ProviderError(_told(message), code=code, status=status, is_refusal=is_refusal)

    # -- the provider's limit of requests a minute, kept by all processes together

    def _held_off(self, response: requests.Response) -> ProviderError:
        try:
            wait = float(response.headers.get("X-Ratelimit-Reset", "")) - time.time()
        except ValueError:
            wait = DEFAULT_HOLD
        wait = min(max(wait, 1), 120) if math.isfinite(wait) else DEFAULT_HOLD
        shared_cache.set(_HOLD, time.time() + wait, timeout=wait)
        return ProviderError(BUSY, is_temporary=True, code=TOO_MANY_REQUESTS, status=429, retry_after=wait)

    def _wait_our_turn(self) -> None:
        """Do not knock while the provider has asked for quiet."""
        if settings.EMBEDDED:
            return
        wait = shared_cache.get(_HOLD, 0) - time.time()
        if wait > 0:
            raise ProviderError(BUSY, is_temporary=True, code=TOO_MANY_REQUESTS, status=429, retry_after=wait)


UNREACHABLE = "The avatar service does not answer. Try again in a few minutes."
NO_ENTRY = "The avatar service does not accept our key. The owner of this site has to renew it."
WRONG_ADDRESS = "The avatar service sent an invalid answer. The owner of this site has to check its address."
BUSY = "The avatar service is busy. This continues automatically in a minute."


@cache
def client() -> Client:
    """The client that the settings ask for; one session for each process."""
    return Client(settings.CG_AVATAR_API_URL, settings.CG_AVATAR_API_TOKEN)


def _told(message: str) -> str:
    """A refusal as a person should read it. Our own engine speaks in such sentences."""
    if settings.EMBEDDED and message:
        return message
    return f"The avatar service refused this: “{message or 'no reason given'}”."


def _never_connected(error: requests.ConnectionError) -> bool:
    """True when the request cannot have left this machine."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return type(reason).__name__ in {"NewConnectionError", "ConnectTimeoutError", "NameResolutionError"}


def _one(data: Any, parse: Callable[[Any], R | None]) -> R:
    """`data` is documented both as a list of one and as a bare object."""
    found = parse(data[0] if isinstance(data, list) and data else data)
    if found is None:
        raise ProviderError(UNREACHABLE, is_temporary=True, answer_lost=True)
    return found


def _several(data: Any, key: str) -> list[Any]:
    if data is None:
        return []
    if isinstance(data, dict):
        data = [data] if key in data else next((v for v in data.values() if isinstance(v, list)), [])
    if not isinstance(data, list):
        raise ProviderError(UNREACHABLE, is_temporary=True)
    return data


def _usable(items: Sequence[Any], parse: Callable[[Any], R | None]) -> list[R]:
    """One entry that makes no sense must not hide the others."""
    found = [parsed for item in items if (parsed := parse(item)) is not None]
    if len(found) < len(items):
        log.warning("%s of %s entries of a list cannot be used", len(items) - len(found), len(items))
    return found
