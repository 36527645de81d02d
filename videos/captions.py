"""Captions that come with a video: looked at before they are kept, and given out in the two usual formats."""

import re
from pathlib import Path

MAX_BYTES = 1024 * 1024
TIMES = re.compile(r"^((?:\d{2,}:)?\d{2}:\d{2}\.\d{3}) --> ((?:\d{2,}:)?\d{2}:\d{2}\.\d{3})")
ESCAPES = (("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&amp;", "&"))


def is_vtt(path: Path) -> bool:
    """Whether the file is WebVTT with at least one cue: text in UTF-8 that begins as it must."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return bool(re.match(r"WEBVTT(?:[ \t\n\r]|$)", text)) and "\0" not in text and bool(_cues(text))


def as_srt(vtt: str) -> str:
    """The same captions as SubRip, without styles and positions."""
    parts = []
    for i, (start, end, lines) in enumerate(_cues(vtt), 1):
        said = re.sub(r"<[^>]*>", "", "\n".join(lines))
        for written, meant in ESCAPES:
            said = said.replace(written, meant)
        parts.append(f"{i}\n{_time(start)} --> {_time(end)}\n{said}\n")
    return "\n".join(parts)


def _cues(vtt: str) -> list[tuple[str, str, list[str]]]:
    found = []
    for block in re.split(r"\n{2,}", vtt.replace("\r\n", "\n").replace("\r", "\n")):
        lines = block.strip("\n").split("\n")
        for i, line in enumerate(lines[:2]):  # a cue may have a name before its times
            if times := TIMES.match(line):
                found.append((times[1], times[2], lines[i + 1 :]))
                break
    return found


def _time(vtt: str) -> str:
    """WebVTT may leave the hours out."""
    return (vtt if vtt.count(":") == 2 else f"00:{vtt}").replace(".", ",")
