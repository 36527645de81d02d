"""What a row of a sheet means: who "Maria" is, which sound "hello.mp3" is, and what is wrong with it, in a sentence."""

import difflib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

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

NAMED_AT_MOST = 4

_is_address = URLValidator(schemes=["http", "https"])


class Wrong(ValueError):
    """`str` is the sentence that stands beside the row."""


class _Person(NamedTuple):
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


class Checker:
    """Everybody and every sound there is, read once: a sheet of two hundred rows asks no more than one of two.

    `dropped` are the names of the files that came with the sheet and the voices that they became.
    """

    def __init__(self, dropped: Mapping[str, int] | None = None) -> None:
        people = Avatar.objects.order_by("pk").values_list(
            "pk", "name", "state", "provider", "created_at", "made_by__name"
        )
        self.people = {
            pk: _Person(pk, name, state, where, _hint(made_at, maker))
            for pk, name, state, where, made_at, maker in people
        }
        heard = Voice.objects.order_by("pk").values_list("pk", "name", "seconds", "created_at")
        self.sounds = {
            pk: _Sound(pk, name, seconds, f"{clock(seconds)}, {_hint(made_at)}")
            for pk, name, seconds, made_at in heard
        }
        self.people_called = _by_name(self.people.values())
        self.sounds_called = _by_name(self.sounds.values())
        self.dropped = {_plain(_last(name)): pk for name, pk in (dropped or {}).items()}

    def check(self, item: BatchItem) -> BatchItem:
        """Fill in avatar, sound and what is wrong; nothing is saved."""
        wrong = []
        item.avatar_id = item.voice_id = None
        item.audio_url = ""
        try:
            item.avatar_id = self._avatar(item.avatar_text)
        except Wrong as error:
            wrong.append(str(error))
        try:
            if "://" in item.sound_text:
                item.audio_url = _address(item.sound_text)
            else:
                item.voice_id = self._voice(item.sound_text)
        except Wrong as error:
            wrong.append(str(error))
        if len(item.script) > MAX_SCRIPT:
            wrong.append(SCRIPT_TOO_LONG)
        item.error = " ".join(wrong)
        return item

    def _avatar(self, said: str) -> int:
        if not said:
            raise Wrong("The avatar is missing.")
        found = self.people_called.get(_plain(said), [])
        if not found and (number := parse_id(said.removeprefix("#").strip())) in self.people:
            found = [self.people[number]]
        ready = [person for person in found if person.can_speak]
        if len(ready) == 1:
            return ready[0].pk
        if ready:
            raise Wrong(f"{_several(ready, 'avatars', said)} Enter the number of the one you mean.")
        if any(
            person.state in (ProviderState.WAITING, ProviderState.SENDING, ProviderState.COPYING)
            for person in found
        ):
            raise Wrong(f"“{said}” is still being prepared. Check again in a moment.")
        if found:
            raise Wrong(f"“{said}” cannot be used: the avatar failed, or belongs to another service.")
        raise Wrong(f"There is no avatar called “{said}”.{self._like(said)}")

    def _like(self, said: str) -> str:
        speaking = {_plain(one.name): one.name for one in self.people.values() if one.can_speak}
        close = difflib.get_close_matches(_plain(said), speaking, n=1, cutoff=0.75)
        return f" Did you mean “{speaking[close[0]]}”?" if close else ""

    def _voice(self, said: str) -> int:
        if not said:
            raise Wrong("The audio is missing.")
        found = self._came_along(said) or self.sounds_called.get(_plain(said))
        if not found:
            found = self.sounds_called.get(_plain(from_filename(said, ""))) or []
        if not found and (number := parse_id(said.removeprefix("#").strip())) in self.sounds:
            found = [self.sounds[number]]
        if not found:
            raise Wrong(
                f"There is no audio file or voice called “{said}”. Upload the file below, or enter the name of a voice."
            )
        if len(found) > 1:
            raise Wrong(f"{_several(found, 'voices', said)} Enter its number, or upload the file.")
        longest = settings.CG_AVATAR_MAX_AUDIO_SECONDS
        if longest and found[0].seconds > longest:
            raise Wrong(f"This voice is {clock(found[0].seconds)} long. The limit is {clock(longest)}.")
        return found[0].pk

    def _came_along(self, said: str) -> list[_Sound]:
        """A file that was dropped beside the sheet; its ending may be left out."""
        wanted = _plain(_last(said))
        pks = {pk for name, pk in self.dropped.items() if wanted in (name, name.rpartition(".")[0])}
        if wanted in self.dropped:
            pks = {self.dropped[wanted]}
        return [self.sounds[pk] for pk in sorted(pks) if pk in self.sounds]


def _address(said: str) -> str:
    try:
        _is_address(said)
    except ValidationError:
        raise Wrong("This address is not valid: it must begin with https:// and name a server.") from None
    return said


def _several(found: list, what: str, said: str) -> str:
    named = ", ".join(f"{one.pk} ({one.hint})" for one in found[:NAMED_AT_MOST])
    more = ", …" if len(found) > NAMED_AT_MOST else ""
    return f"{len(found)} {what} are called “{said}”: {named}{more}."


def _by_name(things: Iterable) -> dict[str, list]:
    found = defaultdict(list)
    for thing in things:
        found[_plain(thing.name)].append(thing)
    return dict(found)


def _plain(name: str) -> str:
    """Names as people compare them: "maría " is "María", however either was typed."""
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()


def _last(path: str) -> str:
    return PurePosixPath(path.replace("\\", "/")).name


def _hint(made_at: object, maker: str | None = None) -> str:
    day = date_format(timezone.localtime(made_at), "j M Y")
    return f"{maker}, {day}" if maker else day
