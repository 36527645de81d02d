"""Every answer of the API has one shape: `{"code": 0, "data": ..., "message": "success"}`.

The codes are part of the contract: a published number keeps its meaning. 1009 and 10001 are those of the original
provider.
"""

from enum import IntEnum
from typing import Any

from django.http import JsonResponse


class Code(IntEnum):
    """The number of a failure, with its HTTP status and a default sentence."""

    status: int
    sentence: str

    # Defaults for type checkers only, so that they accept Code(1001).
    def __new__(cls, value: int, status: int = 500, sentence: str = "") -> "Code":
        member = int.__new__(cls, value)
        member._value_ = value
        member.status = status
        member.sentence = sentence
        return member

    # -- the request
    BROKEN_BODY = 1001, 400, "The body must be a JSON object."
    BROKEN_FIELD = 1002, 400, "A field is missing or has a wrong value."
    NO_TOKEN = 1003, 401, "Send a valid token: Authorization: Bearer YOUR_TOKEN."
    UNKNOWN_PATH = 1004, 404, "There is nothing at this address."
    WRONG_METHOD = 1005, 405, "This address does not accept that method."
    BODY_TOO_LARGE = 1006, 413, "The body is too large."
    BUSY = 1007, 503, "Too many avatars are being made right now. Try again in a few seconds."
    AVATAR_NOT_READY = 1008, 409, "This avatar is not finished yet. Try again in a few seconds."
    TOO_MANY_REQUESTS = 1009, 429, "Too Many Request"
    STILL_WORKING = (
        1010,
        504,
        "The avatar is taking longer than usual. It will appear in avatar.list.",
    )
    INTERNAL = 1011, 500, "Something went wrong on our side. Try again later."
    READ_ONLY = 1012, 403, "This token may only read. Create one that may make avatars and videos."
    DISK_FULL = 1013, 507, "The disk of this server is full. Nothing was started. Try again later."
    # -- the picture
    IMAGE_LINK = 2001, 400, "The picture cannot be downloaded."
    NOT_AN_IMAGE = 2002, 400, "The link does not lead to a readable picture."
    NO_FACE = 2003, 400, "There is no face in the picture."
    FACE_TOO_SMALL = 2004, 400, "The face in the picture is smaller than 64 x 64 pixels."
    UNUSABLE_FACE = 2005, 400, "The face in the picture cannot be used."
    # -- the sound; detected after video.generate has answered, so shown by video.get (with HTTP 200)
    AUDIO_LINK = 3001, 400, "The audio cannot be downloaded."
    UNUSABLE_AUDIO = 3002, 400, "The link does not lead to usable audio."
    # -- ids
    UNKNOWN_ID = 10001, 404, "There is no avatar or video with this id."


class ApiError(Exception):
    """Ends a request with a failure."""

    def __init__(self, code: Code, sentence: str = "", *, headers: dict[str, str] | None = None) -> None:
        super().__init__(sentence or code.sentence)
        self.code = code
        self.headers = headers or {}


def success(data: Any) -> JsonResponse:
    return JsonResponse({"code": 0, "data": data, "message": "success"})


def failure(error: ApiError) -> JsonResponse:
    body = {"code": int(error.code), "data": None, "message": str(error)}
    return JsonResponse(body, status=error.code.status, headers=error.headers)
