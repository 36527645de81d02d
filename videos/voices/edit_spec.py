"""What can be done to a recording: a plain value and its words."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from dashboard.files.filenames import MAX_NAME


@dataclass(frozen=True)
class Edit:
    """The part from `start` to `end` in seconds (to the thousandth), with `even` at the usual loudness."""

    start: float
    end: float
    even: bool = False

    @classmethod
    def of(cls, start: float, end: float, seconds: float, *, even: bool) -> Self:
        """An edit of a recording that is `seconds` long: what lies outside of it is its edge."""
        start, end = max(round(start, 3), 0.0), min(round(end, 3), seconds)
        # The recording's own end is seldom a whole thousandth: it is meant all the same.
        return cls(start, seconds if seconds - end < 0.001 else end, even)

    @classmethod
    def kept(cls, values: dict[str, Any], seconds: float) -> Self:
        """From what `values()` gave; the whole where there is nothing."""
        return cls(values.get("start", 0.0), values.get("end", seconds), values.get("even", False))

    def values(self) -> dict[str, Any]:
        return asdict(self)

    def is_whole(self, seconds: float) -> bool:
        return self.start == 0 and self.end == seconds

    def changes(self, seconds: float) -> bool:
        return self.even or not self.is_whole(seconds)

    @property
    def key(self) -> str:
        """The same for the same edit."""
        return f"{round(self.start * 1000)}-{round(self.end * 1000)}{'-even' if self.even else ''}"

    def name(self, original: str, seconds: float) -> str:
        """ "Welcome, 0:03 to 0:09.5, normalized"."""
        said = [] if self.is_whole(seconds) else [f"{moment(self.start)} to {moment(self.end)}"]
        said += ["normalized"] if self.even else []
        tail = "".join(f", {words}" for words in said)
        return original[: MAX_NAME - len(tail)].rstrip() + tail


def moment(seconds: float, digits: int = 1) -> str:
    """A place in a recording, to a tenth of a second unless said otherwise: 0:03, 1:12.4."""
    parts = 10**digits
    minutes, rest = divmod(round(seconds * parts), 60 * parts)
    fraction = f"{rest % parts:0{digits}}".rstrip("0")
    return f"{minutes}:{rest // parts:02}" + (f".{fraction}" if fraction else "")
