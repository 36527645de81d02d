"""Captions of videos: checking WebVTT, and converting it to SubRip."""

import re
from pathlib import Path

MAX_BYTES = 1024 * 1024
TIMES = re.compile(r"^((?:\d{2,}:)?\d{2}:\d{2}\.\d{3}) --> ((?:\d{2,}:)?\d{2}:\d{2}\.\d{3})")
ESCAPES = (("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&amp;", "&"))


def is_vtt(path: Path) -> bool:
    """Whether the file is WebVTT in UTF-8 with at least one cue."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return bool(re.match(r"WEBVTT(?:[ \t\n\r]|$)", text)) and "\0" not in text and bool(_parse_cues(text))


def convert_to_srt(vtt: str) -> str:
    """Convert WebVTT to SubRip, without styles and positions."""
    parts = []
    for i, (start, end, lines) in enumerate(_parse_cues(vtt), 1):
        text = re.sub(r"<[^>]*>", "", "\n".join(lines))
        for escape, character in ESCAPES:
            text = text.replace(escape, character)
        parts.append(f"{i}\n{_format_time(start)} --> {_format_time(end)}\n{text}\n")
    return "\n".join(parts)


def _parse_cues(vtt: str) -> list[tuple[str, str, list[str]]]:
    cues = []
    for block in re.split(r"\n{2,}", vtt.replace("\r\n", "\n").replace("\r", "\n")):
        lines = block.strip("\n").split("\n")
        for i, line in enumerate(lines[:2]):  # a cue may have a name before its times
            if times := TIMES.match(line):
                cues.append((times[1], times[2], lines[i + 1 :]))
                break
    return cues


def _format_time(vtt: str) -> str:
    """A time in SubRip's format; WebVTT may omit the hours."""
    return (vtt if vtt.count(":") == 2 else f"00:{vtt}").replace(".", ",")
