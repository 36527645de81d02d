"""The only caller of the Talking CG Avatar API, and the one place where its answers are judged.

The rest of the product sees plain values or one ApiError, which says what a person can be told, whether trying
again can help, and whether the call may have happened although its answer was lost.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import requests
import urllib3
from django.conf import settings
from django.core.cache import cache as shared_cache

from dashboard.net import total_timeout

PREFIX = "/v1/cg_avatar/"
CONNECT_SECONDS = 5
READ_SECONDS = 30
GENERATE_AVATAR_SECONDS = 110  # its guide: wait up to 100 s
MAX_ANSWER_BYTES = 32 * 2**20
PAGE = 1000
MOST_FACES = 20  # of one picture; more are not looked at
TOO_MANY_REQUESTS = 1009
NOT_FOUND = 10001
_HOLD = "provider-hold-until"


class ApiError(Exception):
    """A call that did not succeed.

    `str` is a sentence for a person. `passing`: trying again can help. `lost`: the request may have been carried
    out all the same. `retry_after`: seconds to wait at least. `code` and `status`: what the provider said.
    """

    def __init__(
        self,
        sentence: str,
        *,
        passing: bool = False,
        lost: bool = False,
        code: int = 0,
        status: int = 0,
        retry_after: float = 0,
    ) -> None:
        super().__init__(sentence)
        self.passing = passing
        self.lost = lost
        self.code = code
        self.status = status
        self.retry_after = retry_after

    @property
    def is_unknown_id(self) -> bool:
        return self.code == NOT_FOUND or self.status == 404


@dataclass(frozen=True)
class RemoteAvatar:
    avatar_id: str
    gender: str = ""  # "male", "female" or empty
    preview_url: str = ""
    faces: tuple[
        tuple[float, float, float, float], ...
    ] = ()  # x, y, w, h as shares of the picture: ours again
    face: int = 0  # which of them was used
    warnings: tuple[str, ...] = ()  # what could be better about the picture, in sentences
    cutout_url: str = ""  # the person alone, with an alpha channel: an extra of our own engine
    client_ref: str = ""  # empty: the provider does not know this field

    @property
    def remote_id(self) -> str:
        return self.avatar_id


@dataclass(frozen=True)
class RemoteVideo:
    video_id: str
    status: str = ""  # pending, in_progressing, finished, error; others may come
    video_url: str = ""
    mask_video_url: str = ""
    captions_url: str = ""  # WebVTT; only where a script was sent and fits
    words_fit: bool | None = None  # whether it fits; None: this provider knows nothing of scripts
    avatar_id: str = ""
    client_ref: str = ""
    progress: int | None = None  # 0 to 100
    error: str = ""

    @property
    def remote_id(self) -> str:
        return self.video_id


class Client:
    """One session with one provider. Every call raises ApiError."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, total_timeout.PatientAdapter())
        self.session.headers["Authorization"] = f"Bearer {token}"

    def generate_avatar(
        self, image_url: str, client_ref: str, *, face: Sequence[float] | None = None
    ) -> RemoteAvatar:
        """`face`, which of several to use (see `RemoteAvatar.faces`), is an extra of our own engine too."""
        body: dict[str, Any] = {"image_url": image_url, "client_ref": client_ref}
        if face:
            body["face"] = list(face)
        data = self._post("avatar.generate", body, GENERATE_AVATAR_SECONDS)
        return _avatar(_one(data))

    def list_avatars(self) -> list[RemoteAvatar]:
        return [_avatar(item) for item in self._whole_list("avatar.list", "avatar_id")]

    def generate_video(
        self, avatar_id: str, audio_url: str, client_ref: str, *, script: str = ""
    ) -> RemoteVideo:
        """`script`, what is said in the sound, is an extra of our own engine; others ignore it."""
        body = {"avatar_id": avatar_id, "audio_url": audio_url, "client_ref": client_ref}
        if script:
            body["script"] = script
        return _video(_one(self._post("video.generate", body, READ_SECONDS)))

    def get_video(self, video_id: str) -> RemoteVideo:
        return _video(_one(self._get("video.get", video_id=video_id)))

    def list_videos(self, ids: Sequence[str] = ()) -> list[RemoteVideo]:
        """All videos; of our own engine only those with these ids, where some are given."""
        if ids and settings.EMBEDDED:
            items = _several(self._get("video.list", ids=",".join(ids)), "video_id")
        else:
            items = self._whole_list("video.list", "video_id")
        return [_video(item) for item in items]

    # -- one request

    def _whole_list(self, method: str, key: str) -> list[dict[str, Any]]:
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
        except ApiError as error:
            # Only an answer in the API's own words says that nothing was started; a broken connection, a
            # gateway's error page or an answer we cannot read leave it open.
            error.lost = error.lost or (error.status >= 500 and not error.code)
            raise

    def _call(self, verb: str, method: str, seconds: float, **kwargs: Any) -> Any:
        self._wait_our_turn()
        try:
            response = self.session.request(
                verb,
                self.url + PREFIX + method,
                timeout=(CONNECT_SECONDS, seconds),
                allow_redirects=False,
                stream=True,
                **kwargs,
            )
            with response:
                content = total_timeout.body(response, MAX_ANSWER_BYTES, READ_SECONDS)
        except (requests.ConnectTimeout, requests.exceptions.SSLError) as error:
            raise ApiError(UNREACHABLE, passing=True) from error
        except requests.ConnectionError as error:
            raise ApiError(UNREACHABLE, passing=True, lost=not _never_connected(error)) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise ApiError(UNREACHABLE, passing=True, lost=True) from error
        return self._judge(response, content)

    def _judge(self, response: requests.Response, content: bytes) -> Any:
        """The envelope's data. `code` may be a number or the number as a string."""
        status = response.status_code
        try:
            envelope = json.loads(content)
            code = int(envelope.get("code", -1))
        except (ValueError, TypeError, AttributeError, OverflowError):
            envelope, code = {}, None
        if status == 429 or code == TOO_MANY_REQUESTS:
            raise self._held_off(response)
        if code == 0 and status < 400:
            return envelope.get("data")
        message = str(envelope.get("message") or "").strip()
        if status in {401, 403}:
            raise ApiError(NO_ENTRY, code=code or 0, status=status)
        if code is None and 300 <= status < 500:
            raise ApiError(WRONG_ADDRESS, status=status)
        if code is None or status >= 500:
            # 200 with something that is no envelope: the request may well have been carried out.
            raise ApiError(
                _told(message) if code and message else UNREACHABLE,
                passing=True,
                lost=status < 400,
                code=code or 0,
                status=status,
            )
        raise ApiError(_told(message), code=code, status=status)

    # -- the provider's limit of requests a minute, kept by all processes together

    def _held_off(self, response: requests.Response) -> ApiError:
        try:
            wait = float(response.headers.get("X-Ratelimit-Reset", "")) - time.time()
        except ValueError:
            wait = 30
        wait = min(max(wait, 1), 120)
        shared_cache.set(_HOLD, time.time() + wait, timeout=wait)
        return ApiError(BUSY, passing=True, code=TOO_MANY_REQUESTS, status=429, retry_after=wait)

    def _wait_our_turn(self) -> None:
        """Do not knock while the provider has asked for quiet."""
        if settings.EMBEDDED:
            return
        wait = shared_cache.get(_HOLD, 0) - time.time()
        if wait > 0:
            raise ApiError(BUSY, passing=True, code=TOO_MANY_REQUESTS, status=429, retry_after=wait)


UNREACHABLE = "The avatar service does not answer. Try again in a few minutes."
NO_ENTRY = "The avatar service does not accept our key. The owner of this site has to renew it."
WRONG_ADDRESS = "The avatar service cannot be understood. The owner of this site has to check its address."
BUSY = "The avatar service is busy. It goes on by itself in a minute."


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


def _one(data: Any) -> dict[str, Any]:
    """`data` is documented both as a list of one and as a bare object."""
    if isinstance(data, list) and data:
        data = data[0]
    if not isinstance(data, dict):
        raise ApiError(UNREACHABLE, passing=True, lost=True)
    return data


def _several(data: Any, key: str) -> list[dict[str, Any]]:
    if data is None:
        return []
    if isinstance(data, dict):
        data = [data] if key in data else next((v for v in data.values() if isinstance(v, list)), [])
    if not isinstance(data, list):
        raise ApiError(UNREACHABLE, passing=True)
    return [item for item in data if isinstance(item, dict) and item.get(key)]


def _text(item: dict[str, Any], key: str) -> str:
    value = item.get(key)
    return "" if value is None else str(value)


def _avatar(item: dict[str, Any]) -> RemoteAvatar:
    if not item.get("avatar_id"):
        raise ApiError(UNREACHABLE, passing=True, lost=True)
    gender = _text(item, "gender").lower()
    return RemoteAvatar(
        avatar_id=_text(item, "avatar_id"),
        gender=gender if gender in {"male", "female"} else "",
        preview_url=_text(item, "preview_url"),
        cutout_url=_text(item, "cutout_url"),
        faces=_boxes(item),
        face=_number(item.get("face"), most=len(_boxes(item)) - 1) or 0,
        warnings=tuple(w[:300] for w in _list(item, "warnings") if isinstance(w, str)),
        client_ref=_text(item, "client_ref"),
    )


def _video(item: dict[str, Any]) -> RemoteVideo:
    if not item.get("video_id"):
        raise ApiError(UNREACHABLE, passing=True, lost=True)
    return RemoteVideo(
        video_id=_text(item, "video_id"),
        status=_text(item, "status").lower(),
        video_url=_text(item, "video_url"),
        mask_video_url=_text(item, "mask_video_url"),
        captions_url=_text(item, "captions_url"),
        words_fit=bool(_text(item, "captions_url")) if "captions_url" in item else None,
        avatar_id=_text(item, "avatar_id"),
        client_ref=_text(item, "client_ref"),
        progress=_number(item.get("progress")),
        error=_text(item, "error"),
    )


def _list(item: dict[str, Any], key: str) -> list[Any]:
    value = item.get(key)
    return value[:MOST_FACES] if isinstance(value, list) else []


def _boxes(item: dict[str, Any]) -> tuple[tuple[float, float, float, float], ...]:
    """All of them or none: their order is what `face` counts."""
    found = []
    for box in _list(item, "faces"):
        if not isinstance(box, list) or len(box) != 4 or not all(_is_share(v) for v in box):
            return ()
        found.append(tuple(float(v) for v in box))
    return tuple(found)


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _number(value: Any, most: float = 1e9) -> int | None:
    return round(value) if isinstance(value, int | float) and 0 <= value <= most else None
