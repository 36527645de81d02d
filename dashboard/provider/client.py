"""The client of the Talking CG Avatar API; nothing else in the dashboard calls it.

Its methods return plain values or raise ProviderError.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import requests
import urllib3
from django.conf import settings
from django.db import DatabaseError

from dashboard.logs.context import HEADER, ref
from dashboard.metrics import totals
from dashboard.net.connections import Deadline, open_session
from dashboard.provider import access, rate_limit
from dashboard.provider.answers import (
    UNREACHABLE,
    ProviderError,
    access_error,
    busy_error,
    denial_error,
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


class Client:
    """One session with one provider. Every method raises ProviderError.

    `is_poll`: its requests can wait for those of others when the rate limit is near.
    """

    def __init__(self, url: str, token: str, *, is_poll: bool = False) -> None:
        self.url = url
        self.is_poll = is_poll
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
        self,
        avatar_id: str,
        audio_url: str,
        client_ref: str,
        *,
        script: str = "",
        direction: Mapping[str, Any] | None = None,
    ) -> RemoteVideo:
        """`script`: the words that are spoken, `direction`: how to move; only our own engine uses them."""
        body: dict[str, Any] = {
            **(direction or {}),
            "avatar_id": avatar_id,
            "audio_url": audio_url,
            "client_ref": client_ref,
        }
        if script:
            body["script"] = script
        return parse_one(self._post("video.generate", body, READ_SECONDS), parse_video)

    def get_video(self, video_id: str) -> RemoteVideo:
        video = parse_one(self._get("video.get", video_id=video_id), parse_video)
        if video.video_id != video_id:
            log.warning("video.get: another video than %s was sent", video_id)
            raise ProviderError(UNREACHABLE, is_temporary=True)
        return video

    def list_videos(self, ids: Sequence[str] = ()) -> list[RemoteVideo]:
        """All videos, or, where the provider is our own engine, those with these ids."""
        if ids and settings.EMBEDDED:
            items = to_list(self._get("video.list", ids=",".join(ids)), "video_id")
        else:
            items = self._list_all("video.list", "video_id")
        return parse_all(items, parse_video)

    def delete_avatar(self, avatar_id: str, client_ref: str) -> None:
        """Delete an avatar with its videos, by its id and by our reference; only our own engine can."""
        self._delete("avatar.delete", "avatar_id", avatar_id, client_ref)

    def delete_video(self, video_id: str, client_ref: str) -> None:
        """Delete a video, as above."""
        self._delete("video.delete", "video_id", video_id, client_ref)

    def _delete(self, method: str, key: str, remote_id: str, client_ref: str) -> None:
        body = {key: remote_id, "client_ref": client_ref}
        self._post(method, {name: value for name, value in body.items() if value}, READ_SECONDS)

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

    def _post(self, method: str, body: dict[str, Any], seconds: float) -> Any:
        try:
            return self._call("POST", method, seconds, json=body)
        except ProviderError as error:
            # Only an error with a code says that nothing was started. After a broken connection, the error page of
            # a gateway or an unreadable answer it is unknown.
            error.answer_lost = error.answer_lost or (error.status >= 500 and not error.code)
            raise

    def _call(self, verb: str, method: str, seconds: float, **kwargs: Any) -> Any:
        """The data of the answer."""
        with _errors_before_sending():
            problem = access.find_problem()
        if problem:
            raise access_error(problem.sentence, problem.check_seconds, denies_access=not problem.is_outage)
        try:
            return self._request(verb, method, seconds, **kwargs)
        except ProviderError as error:
            if error.denies_access:
                if self.check_access():  # it denies this request alone
                    raise denial_error(error) from error
                raise access_error(str(error), access.CHECK_SECONDS) from error
            if problem := self._find_outage(verb, error):
                # All rows wait until it answers. What became of this request is another question: `answer_lost`.
                error.retry_after = problem.check_seconds
            raise

    def _find_outage(self, verb: str, error: ProviderError) -> access.AccessProblem | None:
        """What keeps others from using the provider too, after an error of one request."""
        # An order whose answer was lost has taken long enough.
        may_be = error.is_temporary and not error.is_busy and (verb == "GET" or not error.answer_lost)
        try:
            return access.find_problem() if may_be and not self.check_access() else None
        except DatabaseError as failure:
            log.warning("the provider was not asked again: %s", failure)
            return None

    def check_access(self, seconds: float | None = None) -> bool | None:
        """Whether the provider lets us in, by a request that is not about a single row. None: it does not answer.

        Another answer than the last one begins or ends the waiting of all rows.
        """
        try:
            self._request("GET", "avatar.list", seconds or READ_SECONDS)
        except ProviderError as error:
            if error.denies_access:
                access.record_problem(str(error))
                return False
            if error.is_busy:  # perhaps only our own count of its limit: nothing is known
                return None
            if error.is_temporary:
                access.record_problem(str(error), is_outage=True)
                return None
        access.clear_problem()
        return True

    def _request(self, verb: str, method: str, seconds: float, **kwargs: Any) -> Any:
        """The data of the answer. All errors of a request or an answer become a ProviderError here."""
        with _errors_before_sending():
            wait = rate_limit.take_slot(is_poll=self.is_poll)
        if wait:
            raise busy_error(wait)
        try:
            data = self._exchange(verb, method, seconds, **kwargs)
        except ProviderError as error:
            if error.is_busy:
                rate_limit.hold_back(error.retry_after)
            elif error.status:
                rate_limit.end_refusals()
            totals.add(totals.PROVIDER_ERRORS, label=f"{method} {error.status or 'unreachable'}")
            raise
        rate_limit.end_refusals()
        return data

    def _exchange(self, verb: str, method: str, seconds: float, **kwargs: Any) -> Any:
        """Send the request and judge the answer."""
        # With it, the lines of our own engine about this request are found by the avatar or video that it is for.
        headers = {HEADER: ref.get()} if ref.get() else {}
        try:
            with Deadline(seconds) as deadline:
                response = self.session.request(
                    verb,
                    self.url + PREFIX + method,
                    timeout=(CONNECT_SECONDS, seconds),
                    allow_redirects=False,
                    stream=True,
                    headers=headers,
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
        return judge_answer(response, content)


@cache
def client(*, is_poll: bool = False) -> Client:
    """The client of the settings; one session for each process, and another one for polls."""
    return Client(settings.CG_AVATAR_API_URL, settings.CG_AVATAR_API_TOKEN, is_poll=is_poll)


def count_free_requests() -> int:
    """The number of requests that the provider would take now; 0 while it cannot be used."""
    return 0 if access.find_problem() else rate_limit.count_free()


@contextmanager
def _errors_before_sending() -> Iterator[None]:
    """An error of our own database, after which nothing is sent, must not look like a lost answer."""
    try:
        yield
    except DatabaseError as error:
        log.warning("nothing was sent to the provider: %s", error)
        raise busy_error(rate_limit.MIN_WAIT_SECONDS) from error


def _never_connected(error: requests.ConnectionError) -> bool:
    """Whether the request cannot have been sent."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return type(reason).__name__ in {"NewConnectionError", "ConnectTimeoutError", "NameResolutionError"}
