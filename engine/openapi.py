"""The description of the API for programs, in OpenAPI 3.1. The page about the API is made of it too.

Written by hand: the five endpoints are plain views, and the packages that derive such a description want a framework
of their own around them. tests/engine/test_openapi.py calls the API by it, so that both stay the same.
"""

from typing import Any

from engine import fields
from engine.animator import direction
from engine.models import JobStatus
from engine.responses import Code

Schema = dict[str, Any]

VERSION = "1"
TITLE = "Talking CG Avatar API"


def _text(description: str, **more: Any) -> Schema:
    return {"type": "string", "description": description, **more}


def _number(description: str, **more: Any) -> Schema:
    return {"type": "number", "description": description, **more}


def _object(required: str, **properties: Schema) -> Schema:
    return {"type": "object", "required": required.split(), "properties": properties}


def _list(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


SHARE = {"type": "number", "minimum": 0, "maximum": 1}
BOX = _list(SHARE, minItems=4, maxItems=4)
CLIENT_REF = _text(
    "A reference of yours, unique for your token. The same reference again answers with the same avatar or video.",
    maxLength=fields.MAX_REFERENCE,
)
FRAMING = {
    "type": "object",
    "description": "Where the head is: eyes, head and cuts, in shares of the frame.",
}
CREATED_AT = _text("When it was asked for.", format="date-time")

AVATAR = _object(
    "avatar_id gender preview_url created_at",
    avatar_id=_text("Its id, for video.generate."),
    gender=_text("An estimate.", enum=["female", "male"]),
    preview_url=_text("A picture of it; the link expires.", format="uri"),
    cutout_url=_text("The person alone, a PNG with alpha; the link expires.", format="uri"),
    faces=_list(BOX, description="Every usable face of the picture, the largest first."),
    face={"type": "integer", "description": "Which of the faces was used."},
    warnings=_list({"type": "string"}, description="What could be better about the picture."),
    framing=FRAMING,
    client_ref=CLIENT_REF,
    created_at=CREATED_AT,
)
ORDER = _object(
    "video_id status",
    video_id=_text("Its id, for video.get."),
    status=_text("How far it is.", enum=list(JobStatus.values)),
)
VIDEO = _object(
    "video_id status avatar_id progress created_at",
    **ORDER["properties"],
    avatar_id=_text("The avatar that speaks."),
    progress={"type": "integer", "minimum": 0, "maximum": 100, "description": "In percent."},
    video_url=_text("When finished: the video, MP4; the link expires.", format="uri"),
    mask_video_url=_text(
        "When finished, in video.get: white is the person, MP4; the link expires.", format="uri"
    ),
    captions_url={
        "type": ["string", "null"],
        "description": "When finished, in video.get, with a script: WebVTT; null if the script did not fit the sound.",
    },
    duration=_number("When finished: seconds."),
    digital_source_type=_text("When finished: how it came about, in IPTC's words."),
    framing=FRAMING,
    error=_text("When it failed: why, in a sentence."),
    error_code={"type": "integer", "description": "When it failed: see the table of failures."},
    client_ref=CLIENT_REF,
    created_at=CREATED_AT,
)
FAILURE = _object(
    "code data message",
    code={"type": "integer", "enum": [int(code) for code in Code]},
    data={"type": "null"},
    message=_text("A sentence about what to do."),
)

AVATAR_BODY = _object(
    "image_url",
    image_url=_text(
        "Where the portrait can be downloaded: http or https.", format="uri", maxLength=fields.MAX_URL
    ),
    face={
        "description": "Which face, where there are several: its number in the list of faces, or a box. Else the largest.",
        "anyOf": [{"type": "integer", "minimum": 0, "maximum": fields.MAX_FACES - 1}, BOX],
    },
    client_ref=CLIENT_REF,
)
VIDEO_BODY = _object(
    "avatar_id audio_url",
    avatar_id=_text("The avatar that speaks.", minLength=1, maxLength=fields.MAX_REFERENCE),
    audio_url=_text(
        "Where the sound can be downloaded: http or https.", format="uri", maxLength=fields.MAX_URL
    ),
    script=_text("The words that are spoken, in English.", maxLength=fields.MAX_SCRIPT),
    motion=_text("How much head and brows move (default: natural).", enum=list(fields.DIRECTIONS["motion"])),
    gaze=_text(
        "Whether the eyes keep the portrait's direction or wander a little (default: natural).",
        enum=list(fields.DIRECTIONS["gaze"]),
    ),
    blink=_text("How often the eyes blink (default: natural).", enum=list(fields.DIRECTIONS["blink"])),
    expression=_text(
        "The corners of the mouth (default: portrait).", enum=list(fields.DIRECTIONS["expression"])
    ),
    mouth=_number(
        "How far the mouth opens (default: 1).", minimum=direction.MOUTHS[0], maximum=direction.MOUTHS[1]
    ),
    client_ref=CLIENT_REF,
)


def _query(name: str, schema: Schema, *, required: bool = False) -> Schema:
    description = schema.pop("description")
    return {"name": name, "in": "query", "required": required, "description": description, "schema": schema}


def _page_parameters() -> list[Schema]:
    whole = {"type": "integer", "minimum": 0}
    return [
        _query("limit", whole | {"maximum": 1000, "description": "How many at most (default: 1000)."}),
        _query("offset", whole | {"maximum": 10**8, "description": "How many of the newest are left out."}),
        _query("ids", _text("Only these, separated by commas.")),
    ]


def _answer(data: Schema, description: str) -> Schema:
    envelope = _object("code data message", code={"const": 0}, data=data, message={"const": "success"})
    return {"description": description, "content": {"application/json": {"schema": envelope}}}


def _operation(summary: str, data: Schema, codes: list[Code], **more: Any) -> Schema:
    """An operation with its answer, and the failures that it can end with, by their HTTP status."""
    common = [Code.NO_TOKEN, Code.TOO_MANY_REQUESTS, Code.INTERNAL]
    by_status: dict[int, list[Code]] = {}
    for code in [*codes, *common]:
        by_status.setdefault(code.status, []).append(code)
    failures = {
        str(status): {
            "description": " ".join(f"{int(code)}: {code.sentence}" for code in found),
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Failure"}}},
        }
        for status, found in sorted(by_status.items())
    }
    return {"summary": summary, "responses": {"200": _answer(data, summary), **failures}, **more}


def _body(schema: Schema) -> Schema:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


_MAKING = [Code.BROKEN_BODY, Code.BROKEN_FIELD, Code.BODY_TOO_LARGE, Code.READ_ONLY]
_PICTURES = [Code.IMAGE_LINK, Code.NOT_AN_IMAGE, Code.NO_FACE, Code.FACE_TOO_SMALL, Code.UNUSABLE_FACE]
_AVATAR = {"$ref": "#/components/schemas/Avatar"}
_VIDEO = {"$ref": "#/components/schemas/Video"}


def _deletion(key: str, thing: str) -> Schema:
    """Of an avatar or a video, for good."""
    names = _object("", **{key: _text("Its id."), "client_ref": _text("Or the reference of the call.")})
    number = {"type": "integer", "minimum": 0, "description": "How many were deleted."}
    counts = _object("videos", videos=number)
    return {
        "post": _operation(
            f"Delete {thing} that the same token made; what is not there counts as deleted.",
            counts,
            _MAKING,
            operationId=f"{key.removesuffix('_id')}.delete",
            requestBody=_body(names),
        )
    }


def _avatar_paths() -> dict[str, Schema]:
    return {
        "/avatar.delete": _deletion("avatar_id", "an avatar with all its videos"),
        "/avatar.generate": {
            "post": _operation(
                "Make an avatar of a portrait; answers when it is done, usually within seconds.",
                _list(_AVATAR, minItems=1, maxItems=1),
                [*_MAKING, *_PICTURES, Code.BUSY, Code.STILL_WORKING],
                operationId="avatar.generate",
                requestBody=_body(AVATAR_BODY),
            )
        },
        "/avatar.list": {
            "get": _operation(
                "The avatars, the newest first.",
                _list(_AVATAR),
                [Code.BROKEN_FIELD],
                operationId="avatar.list",
                parameters=_page_parameters(),
            )
        },
    }


def _video_paths() -> dict[str, Schema]:
    return {
        "/video.delete": _deletion("video_id", "a video"),
        "/video.generate": {
            "post": _operation(
                "Order a video in which an avatar says a sound.",
                ORDER,
                [*_MAKING, Code.UNKNOWN_ID, Code.AVATAR_NOT_READY],
                operationId="video.generate",
                requestBody=_body(VIDEO_BODY),
            )
        },
        "/video.get": {
            "get": _operation(
                "How far a video is, and where it is when it is finished.",
                _VIDEO,
                [Code.BROKEN_FIELD, Code.UNKNOWN_ID],
                operationId="video.get",
                parameters=[
                    _query(
                        "video_id",
                        _text("Its id.", minLength=1, maxLength=fields.MAX_REFERENCE),
                        required=True,
                    )
                ],
            )
        },
        "/video.list": {
            "get": _operation(
                "The videos, the newest first.",
                _list(_VIDEO),
                [Code.BROKEN_FIELD],
                operationId="video.list",
                parameters=_page_parameters(),
            )
        },
    }


def describe(base_url: str) -> Schema:
    """The description, for a site whose API begins at `base_url`."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": TITLE,
            "version": VERSION,
            "description": "A portrait and a sound become a video in which the portrait speaks.",
        },
        "servers": [{"url": base_url}],
        "security": [{"token": []}],
        "paths": {**_avatar_paths(), **_video_paths()},
        "components": {
            "schemas": {"Avatar": AVATAR, "Video": VIDEO, "Failure": FAILURE},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }
