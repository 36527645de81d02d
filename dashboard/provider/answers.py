"""Judges an answer of the provider: its data, or a ProviderError that says whether trying again can help.

What the data says about avatars and videos is read by parsing.py.
"""

import logging
import math
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import requests
from django.conf import settings

from dashboard.provider.parsing import RemoteAvatar, RemoteVideo, parse_envelope

log = logging.getLogger(__name__)
R = TypeVar("R", RemoteAvatar, RemoteVideo)

TOO_MANY_REQUESTS = 1009
NOT_FOUND = 10001
DEFAULT_WAIT = 30  # seconds, where the provider does not name a time
# Of our own engine, which another provider may be as well: the request, its moment, links that could not be followed.
ABOUT_REQUEST = {*range(1001, 1012), 2001, 3001, NOT_FOUND}

UNREACHABLE = "The avatar service does not answer. Try again in a few minutes."
NO_ENTRY = "The avatar service does not accept our key. The owner of this site has to renew it."
WRONG_ADDRESS = "The avatar service sent an invalid answer. The owner of this site has to check its address."
BUSY = "The avatar service is busy. This continues automatically in a minute."


class ProviderError(Exception):
    """A call that did not succeed.

    `str`: a sentence for people. `is_temporary`: repeating the call can help. `is_refusal`: this portrait or sound was
    refused, and would be again. `answer_lost`: the request may have been carried out. `retry_after`: seconds to wait at
    least. `denies_access`: the key or the address seems to be wrong, for this `reason` in the provider's words. `code`
    and `status`: as in the provider's answer.
    """

    def __init__(
        self,
        sentence: str,
        *,
        is_temporary: bool = False,
        is_refusal: bool = False,
        answer_lost: bool = False,
        denies_access: bool = False,
        reason: str = "",
        code: int = 0,
        status: int = 0,
        retry_after: float = 0,
    ) -> None:
        super().__init__(sentence)
        self.is_temporary = is_temporary
        self.is_refusal = is_refusal
        self.answer_lost = answer_lost
        self.denies_access = denies_access
        self.reason = reason
        self.code = code
        self.status = status
        self.retry_after = retry_after

    @property
    def is_busy(self) -> bool:
        """Whether the rate limit is exceeded."""
        return self.code == TOO_MANY_REQUESTS or self.status == 429

    @property
    def is_unknown_id(self) -> bool:
        return self.code == NOT_FOUND or self.status == 404


def judge_answer(response: requests.Response, content: bytes) -> Any:
    """The data in the envelope of a successful answer."""
    status, envelope = response.status_code, parse_envelope(content)
    code, message = envelope.code, envelope.message
    if status == 429 or code == TOO_MANY_REQUESTS:
        raise _to_busy(response)
    if code == 0 and status < 400:
        return envelope.data
    if status in {401, 403}:
        raise ProviderError(NO_ENTRY, denies_access=True, reason=message, code=code or 0, status=status)
    if 400 <= status < 500 and envelope.is_object:  # a refusal by the API, with or without a code
        raise _to_refusal(response, code or 0, message)
    if code is None and 300 <= status < 500:
        raise ProviderError(WRONG_ADDRESS, denies_access=True, status=status)
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


def _to_busy(response: requests.Response) -> ProviderError:
    try:
        wait = float(response.headers.get("X-Ratelimit-Reset", "")) - time.time()
    except ValueError:
        wait = DEFAULT_WAIT
    return busy_error(min(max(wait, 1), 120) if math.isfinite(wait) else DEFAULT_WAIT)


def busy_error(wait: float) -> ProviderError:
    """The error while the rate limit is exceeded, for `wait` seconds."""
    return ProviderError(BUSY, is_temporary=True, code=TOO_MANY_REQUESTS, status=429, retry_after=wait)


def access_error(sentence: str, wait: float, *, denies_access: bool = True) -> ProviderError:
    """The error while the provider cannot be used, and nothing is sent; the next try is after `wait` seconds."""
    return ProviderError(sentence, is_temporary=True, denies_access=denies_access, retry_after=wait)


def denial_error(error: ProviderError) -> ProviderError:
    """The error after a denial of access that was for one request only: the provider answers others."""
    sentence = _explain_refusal(error.reason) if error.reason else str(error)
    return ProviderError(sentence, code=error.code, status=error.status)


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


def parse_one(data: Any, parse: Callable[[Any], R | None]) -> R:
    """The item in the data, which may be a list of one or the object itself."""
    found = parse(data[0] if isinstance(data, list) and data else data)
    if found is None:
        raise ProviderError(UNREACHABLE, is_temporary=True, answer_lost=True)
    return found


def to_list(data: Any, key: str) -> list[Any]:
    if data is None:
        return []
    if isinstance(data, dict):
        data = [data] if key in data else next((v for v in data.values() if isinstance(v, list)), [])
    if not isinstance(data, list):
        raise ProviderError(UNREACHABLE, is_temporary=True)
    return data


def parse_all(items: Sequence[Any], parse: Callable[[Any], R | None]) -> list[R]:
    """The items that can be parsed."""
    found = [parsed for item in items if (parsed := parse(item)) is not None]
    if len(found) < len(items):
        log.warning("%s of %s items of a list cannot be used", len(items) - len(found), len(items))
    return found
