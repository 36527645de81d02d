"""The answers of the provider as values that are safe to store and to show.

The provider is not trusted: texts are cleaned and cut to the length of their columns, and a value of the wrong type
counts as missing. So does an id or an address that is too long, because a part of it would have no meaning. Models
take their max_length from here, so that no database refuses a value.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from dashboard.provenance import source_types

MAX_ID = 200
MAX_STATE = 40
MAX_URL = 2000
MAX_UNSTORED_URL = 8000  # of a link that is used immediately
MAX_SENTENCE = 500
# Of a whole answer: a list of fifty thousand videos. More would take gigabytes, an empty list has the size of a long text.
MAX_VALUES = 1_000_000
MAX_LIST = 20  # faces and warnings of one picture; more are ignored
FRAMING = {"eyes": 2, "head": 4, "cuts": 2}  # how many shares each has
SMALLEST_HEAD = 0.01  # of the frame
JOINERS = "\u200c\u200d"  # invisible characters that Persian, Hindi and emoji need

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class RemoteAvatar:
    avatar_id: str
    gender: str = ""  # "male", "female" or empty
    preview_url: str = ""
    faces: tuple[Box, ...] = ()  # x, y, w, h as shares of the picture: ours again
    face: int = 0  # which of them was used
    warnings: tuple[str, ...] = ()  # what could be better about the picture, in sentences
    cutout_url: str = ""  # the person alone, with an alpha channel: an extra of our own engine
    framing: dict[str, list[float]] = field(default_factory=dict)  # where the head is: see _parse_framing
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
    script_matches: bool | None = None  # whether it fits; None: this provider knows nothing of scripts
    avatar_id: str = ""
    framing: dict[str, list[float]] = field(default_factory=dict)
    client_ref: str = ""
    progress: int | None = None  # 0 to 100
    error: str = ""
    digital_source_type: str = ""  # how it came about, in IPTC's words; empty: the provider does not say

    @property
    def remote_id(self) -> str:
        return self.video_id


Remote = RemoteAvatar | RemoteVideo


# ---------------------------------------------------------------- a whole answer


@dataclass(frozen=True)
class Envelope:
    """The outer object of every answer. `code` is None if the answer is no envelope or has no code."""

    code: int | None = None
    message: str = ""
    data: Any = None
    is_object: bool = False


def parse_envelope(content: bytes) -> Envelope:
    """Parse an answer. Never raises: invalid content gives an empty envelope."""
    if sum(map(content.count, (b",", b"[", b"{"))) > MAX_VALUES:
        return Envelope()
    try:
        # Lenient with odd encodings and raw control characters: the sentence may still be readable.
        text = content.decode(json.detect_encoding(content), errors="replace")
        fields = json.loads(text, strict=False)
    except (ValueError, RecursionError, MemoryError):
        return Envelope()
    if not isinstance(fields, dict):
        return Envelope()
    return Envelope(
        _parse_code(fields.get("code")), parse_sentence(fields.get("message")), fields.get("data"), True
    )


def _parse_code(value: Any) -> int | None:
    """A number, or the number as a string."""
    if isinstance(value, str) and len(value) <= 12:
        try:
            value = int(value)
        except ValueError:
            return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e12:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


# ---------------------------------------------------------------- one item of an answer


def parse_avatar(item: Any) -> RemoteAvatar | None:
    """None for an item without a usable id."""
    if not isinstance(item, dict) or not (avatar_id := parse_id(item.get("avatar_id"))):
        return None
    gender = parse_sentence(item.get("gender")).lower()
    faces = _parse_faces(item.get("faces"))
    warnings = (parse_sentence(warning) for warning in _parse_list(item.get("warnings")))
    return RemoteAvatar(
        avatar_id=avatar_id,
        gender=gender if gender in {"male", "female"} else "",
        preview_url=parse_url(item.get("preview_url")),
        cutout_url=parse_url(item.get("cutout_url")),
        faces=faces,
        face=parse_number(item.get("face"), maximum=max(len(faces) - 1, 0)) or 0,
        framing=_parse_framing(item.get("framing")),
        warnings=tuple(warning for warning in warnings if warning),
        client_ref=parse_id(item.get("client_ref")),
    )


def parse_video(item: Any) -> RemoteVideo | None:
    """None for an item without a usable id."""
    if not isinstance(item, dict) or not (video_id := parse_id(item.get("video_id"))):
        return None
    captions_url = parse_url(item.get("captions_url"), max_length=MAX_UNSTORED_URL)
    return RemoteVideo(
        video_id=video_id,
        status=parse_sentence(item.get("status"), max_length=MAX_STATE).lower()[:MAX_STATE],
        video_url=parse_url(item.get("video_url"), max_length=MAX_UNSTORED_URL),
        mask_video_url=parse_url(item.get("mask_video_url"), max_length=MAX_UNSTORED_URL),
        captions_url=captions_url,
        script_matches=bool(captions_url) if "captions_url" in item else None,
        avatar_id=parse_id(item.get("avatar_id")),
        framing=_parse_framing(item.get("framing")),
        client_ref=parse_id(item.get("client_ref")),
        progress=parse_number(item.get("progress"), maximum=100),
        error=parse_sentence(item.get("error")),
        digital_source_type=source_types.parse_synthetic(item.get("digital_source_type")),
    )


# ---------------------------------------------------------------- single values


def parse_id(value: Any) -> str:
    """An id unchanged, or an empty string: a part of it would be the id of something else."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        value = str(value)
    return value if isinstance(value, str) and len(value) <= MAX_ID and value.isprintable() else ""


def parse_url(value: Any, *, max_length: int = MAX_URL) -> str:
    """An address, or an empty string if it cannot be used."""
    if not isinstance(value, str) or len(value) > max_length:
        return ""
    value = value.strip()
    return value if value.isprintable() and " " not in value else ""


def parse_sentence(value: Any, *, max_length: int = MAX_SENTENCE) -> str:
    """A text in one line, cut to a limit."""
    if not isinstance(value, str):
        return ""
    # Cut first: a text may be many megabytes long.
    start = value[: 4 * max_length]
    start = " ".join("".join(c if c.isprintable() or c in JOINERS else " " for c in start).split())
    return start if len(start) <= max_length else f"{start[: max_length - 1].rstrip()}…"


def parse_number(value: Any, *, maximum: float) -> int | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return round(value) if is_number and 0 <= value <= maximum else None


def _parse_list(value: Any) -> list[Any]:
    return value[:MAX_LIST] if isinstance(value, list) else []


def _parse_faces(value: Any) -> tuple[Box, ...]:
    """All boxes or none, because `face` is an index into them."""
    boxes = _parse_list(value)
    if not all(isinstance(box, list) and len(box) == 4 and all(map(_is_share, box)) for box in boxes):
        return ()
    return tuple((float(x), float(y), float(w), float(h)) for x, y, w, h in boxes)


def _parse_framing(value: Any) -> dict[str, list[float]]:
    """Where the head is in preview and video, an extra of our own engine: points and lines as shares of the frame.

    `eyes` [x, y], `head` [x, y, width, height] from hair to chin, `cuts` [left, right]: how far down the person first
    touches those edges. Empty where it is missing or makes no sense.
    """
    if not isinstance(value, dict):
        return {}
    found = {}
    for name, length in FRAMING.items():
        shares = value.get(name)
        if not isinstance(shares, list) or len(shares) != length or not all(map(_is_share, shares)):
            return {}
        found[name] = [float(share) for share in shares]
    _, y, width, height = found["head"]
    is_head = min(width, height) > SMALLEST_HEAD and y <= found["eyes"][1] <= y + height
    return found if is_head else {}


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
