"""Resolving the texts of a row ("Maria", "hello.mp3") to an avatar and a sound, with a sentence for each error."""

import difflib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import NamedTuple, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils import timezone
from django.utils.formats import date_format

from avatars.models import Avatar
from dashboard.files.filenames import from_filename
from dashboard.jobs.provider_job import ProviderState, current_provider
from dashboard.request import parse_id
from dashboard.templatetags.dashboard import clock
from videos.forms import MAX_SCRIPT, SCRIPT_TOO_LONG
from videos.models import BatchItem, Voice

MAX_CANDIDATES = 4

_validate = URLValidator(schemes=["http", "https"])


class RowError(ValueError):
    """`str` is the sentence that the page shows beside the row."""


class _Avatar(NamedTuple):
    pk: int
    name: str
    state: str
    provider: str
    hint: str

    @property
    def can_speak(self) -> bool:
        return self.state == ProviderState.READY and self.provider == current_provider()


class _Sound(NamedTuple):
    pk: int
    name: str
    seconds: float
    hint: str


_Named = TypeVar("_Named", _Avatar, _Sound)


class RowValidator:
    """Reads all avatars and sounds once, so that the number of queries does not grow with the sheet.

    `uploaded` maps the names of the files uploaded with the sheet to the keys of their voices.
    """

    def __init__(self, uploaded: Mapping[str, int] | None = None) -> None:
        avatars = Avatar.objects.order_by("pk").values_list(
            "pk", "name", "state", "provider", "created_at", "made_by__name"
        )
        self.avatars = {
            pk: _Avatar(pk, name, state, where, _hint(made_at, maker))
            for pk, name, state, where, made_at, maker in avatars
        }
        voices = Voice.objects.order_by("pk").values_list("pk", "name", "seconds", "created_at")
        self.sounds = {
            pk: _Sound(pk, name, seconds, f"{clock(seconds)}, {_hint(made_at)}")
            for pk, name, seconds, made_at in voices
        }
        self.avatars_by_name = _group_by_name(self.avatars.values())
        self.sounds_by_name = _group_by_name(self.sounds.values())
        self.uploaded = {_normalize(_get_basename(name)): pk for name, pk in (uploaded or {}).items()}

    def validate(self, item: BatchItem) -> BatchItem:
        """Set the avatar, the sound and `error` of an item; nothing is saved."""
        errors = []
        item.avatar_id = item.voice_id = None
        item.audio_url = ""
        try:
            item.avatar_id = self._find_avatar(item.avatar_text)
        except RowError as error:
            errors.append(str(error))
        try:
            if "://" in item.sound_text:
                item.audio_url = _check_url(item.sound_text)
            else:
                item.voice_id = self._find_voice(item.sound_text)
        except RowError as error:
            errors.append(str(error))
        if len(item.script) > MAX_SCRIPT:
            errors.append(SCRIPT_TOO_LONG)
        item.error = " ".join(errors)
        return item

    def _find_avatar(self, text: str) -> int:
        if not text:
            raise RowError("The avatar is missing.")
        found = self.avatars_by_name.get(_normalize(text), [])
        if not found and (number := parse_id(text.removeprefix("#").strip())) in self.avatars:
            found = [self.avatars[number]]
        ready = [person for person in found if person.can_speak]
        if len(ready) == 1:
            return ready[0].pk
        if ready:
            raise RowError(
                f"{_list_candidates(ready, 'avatars', text)} Enter the number of the one you mean."
            )
        if any(
            person.state in (ProviderState.WAITING, ProviderState.SENDING, ProviderState.COPYING)
            for person in found
        ):
            raise RowError(f"“{text}” is still being prepared. Check again in a moment.")
        if found:
            raise RowError(f"“{text}” cannot be used: the avatar failed, or belongs to another service.")
        raise RowError(f"There is no avatar called “{text}”.{self._suggest_avatar(text)}")

    def _suggest_avatar(self, text: str) -> str:
        available = {_normalize(one.name): one.name for one in self.avatars.values() if one.can_speak}
        close = difflib.get_close_matches(_normalize(text), available, n=1, cutoff=0.75)
        return f" Did you mean “{available[close[0]]}”?" if close else ""

    def _find_voice(self, text: str) -> int:
        if not text:
            raise RowError("The audio is missing.")
        found = self._find_uploaded(text) or self.sounds_by_name.get(_normalize(text))
        if not found:
            found = self.sounds_by_name.get(_normalize(from_filename(text, ""))) or []
        if not found and (number := parse_id(text.removeprefix("#").strip())) in self.sounds:
            found = [self.sounds[number]]
        if not found:
            raise RowError(
                f"There is no audio file or voice called “{text}”. Upload the file below, or enter the name of a voice."
            )
        if len(found) > 1:
            raise RowError(f"{_list_candidates(found, 'voices', text)} Enter its number, or upload the file.")
        max_seconds = settings.CG_AVATAR_MAX_AUDIO_SECONDS
        if max_seconds and found[0].seconds > max_seconds:
            raise RowError(
                f"This voice is {clock(found[0].seconds)} long. The limit is {clock(max_seconds)}."
            )
        return found[0].pk

    def _find_uploaded(self, text: str) -> list[_Sound]:
        """The files uploaded with the sheet that have this name; its suffix is optional."""
        wanted = _normalize(_get_basename(text))
        pks = {pk for name, pk in self.uploaded.items() if wanted in (name, name.rpartition(".")[0])}
        if wanted in self.uploaded:
            pks = {self.uploaded[wanted]}
        return [self.sounds[pk] for pk in sorted(pks) if pk in self.sounds]


def _check_url(text: str) -> str:
    try:
        _validate(text)
    except ValidationError:
        raise RowError("This address is not valid: it must begin with https:// and name a server.") from None
    return text


def _list_candidates(found: list[_Named], what: str, text: str) -> str:
    names = ", ".join(f"{one.pk} ({one.hint})" for one in found[:MAX_CANDIDATES])
    more = ", …" if len(found) > MAX_CANDIDATES else ""
    return f"{len(found)} {what} are called “{text}”: {names}{more}."


def _group_by_name(things: Iterable[_Named]) -> dict[str, list[_Named]]:
    found: dict[str, list[_Named]] = defaultdict(list)
    for thing in things:
        found[_normalize(thing.name)].append(thing)
    return dict(found)


def _normalize(name: str) -> str:
    """Names are compared ignoring case, spaces and Unicode form: "maría " equals "María"."""
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()


def _get_basename(path: str) -> str:
    return PurePosixPath(path.replace("\\", "/")).name


def _hint(created_at: datetime, maker: str | None = None) -> str:
    day = date_format(timezone.localtime(created_at), "j M Y")
    return f"{maker}, {day}" if maker else day
