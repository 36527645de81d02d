"""An edit of a recording as a plain value."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from dashboard.files.filenames import MAX_NAME


@dataclass(frozen=True)
class Edit:
    """The part from `start` to `end` in seconds (to the thousandth); with `even` its volume is normalized."""

    start: float
    end: float
    even: bool = False

    @classmethod
    def within(cls, start: float, end: float, seconds: float, *, even: bool) -> Self:
        """An edit of a recording that is `seconds` long, clamped to it."""
        start, end = max(round(start, 3), 0.0), min(round(end, 3), seconds)
        # The end of the recording is rarely a whole thousandth, but means the end.
        return cls(start, seconds if seconds - end < 0.001 else end, even)

    @classmethod
    def from_dict(cls, values: dict[str, Any], seconds: float) -> Self:
        """From the result of `to_dict`; the whole recording if that is empty."""
        return cls(values.get("start", 0.0), values.get("end", seconds), values.get("even", False))

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def is_whole(self, seconds: float) -> bool:
        return self.start == 0 and self.end == seconds

    def changes(self, seconds: float) -> bool:
        return self.even or not self.is_whole(seconds)

    @property
    def key(self) -> str:
        """The same for equal edits."""
        return f"{round(self.start * 1000)}-{round(self.end * 1000)}{'-even' if self.even else ''}"

    def name(self, original: str, seconds: float) -> str:
        """ "Welcome, 0:03 to 0:09.5, normalized"."""
        parts = [] if self.is_whole(seconds) else [f"{format_time(self.start)} to {format_time(self.end)}"]
        parts += ["normalized"] if self.even else []
        tail = "".join(f", {part}" for part in parts)
        return original[: MAX_NAME - len(tail)].rstrip() + tail


def format_time(seconds: float, digits: int = 1) -> str:
    """A time in a recording, by default to a tenth of a second: 0:03, 1:12.4."""
    unit = 10**digits
    minutes, rest = divmod(round(seconds * unit), 60 * unit)
    fraction = f"{rest % unit:0{digits}}".rstrip("0")
    return f"{minutes}:{rest // unit:02}" + (f".{fraction}" if fraction else "")
