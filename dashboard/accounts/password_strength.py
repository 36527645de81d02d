"""How hard a password is to guess: zxcvbn's judgement in plain words.

It knows the commonest passwords, words and names, keyboards, dates, repetitions and what is made of them, offline.
"""

import re
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from zxcvbn import zxcvbn

from dashboard.models import User

# zxcvbn's scale is 0 to 4; from 3 on, more than 10^8 guesses are needed, which nobody can try against this site.
SAFE_SCORE = 3
# It refuses longer ones, because its effort grows with the square of the length.
MAX_LENGTH = 72
OUR_WORDS = ("talking", "avatars", "avatar", "videos", "video")
ADVICE = "Add one or two uncommon words."


@dataclass(frozen=True)
class Strength:
    score: int  # 0 to 4
    sentence: str

    @property
    def is_safe(self) -> bool:
        return self.score >= SAFE_SCORE


def judge(password: str, user: User | None = None) -> Strength:
    """How hard the password is to guess for somebody who knows this person's name and address."""
    password = password[:MAX_LENGTH]
    score, reason = _judge(password)
    # zxcvbn counts each word of a password as a guess among many; these would be the first that somebody tries.
    if _judge(_without_known_words(password, user))[0] < SAFE_SCORE <= score:
        score, reason = SAFE_SCORE - 1, "it is built on words that others know of you or this site."
    if score > SAFE_SCORE:
        return Strength(score, "Very hard to guess.")
    if score == SAFE_SCORE:
        return Strength(score, "Hard to guess.")
    return Strength(score, f"Easy to guess: {reason} {ADVICE}")


def _judge(password: str) -> tuple[int, str]:
    """Score and reason."""
    if not password:  # zxcvbn fails at it
        return 0, "it is short."
    found = zxcvbn(password, max_length=MAX_LENGTH)
    return int(found["score"]), _reason(found["sequence"])


def _without_known_words(password: str, user: User | None) -> str:
    text = f"{user.name} {user.email}" if user else ""
    words = {*OUR_WORDS, *re.split(r"[\W_]+", text.lower()[:400])}
    known = sorted((re.escape(word) for word in words if len(word) > 2), key=len, reverse=True)
    return re.sub("|".join(known), "", password, flags=re.IGNORECASE)


class StrengthValidator:
    """A validator for AUTH_PASSWORD_VALIDATORS."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raises ValidationError."""
        found = judge(password, user)
        if not found.is_safe:
            raise ValidationError(found.sentence, code="password_easy_to_guess")

    def get_help_text(self) -> str:
        return "Several uncommon words are easy to remember and hard to guess."


def _reason(matches: list[dict[str, Any]]) -> str:
    """Why it is easy, by the longest part that was recognized."""
    longest = max(matches, key=lambda match: len(match["token"]), default={"pattern": "", "token": ""})
    if longest["pattern"] == "dictionary":
        return {
            "passwords": "it is built on a common password.",
            "male_names": "it is built on a common name.",
            "female_names": "it is built on a common name.",
            "surnames": "it is built on a common name.",
        }.get(longest["dictionary_name"], "it is built on a common word.")
    return {
        "repeat": "it repeats itself.",
        "spatial": "its keys are next to each other.",
        "sequence": "it contains a sequence such as abc or 4321.",
        "regex": "it is built on a year.",
        "date": "it is built on a date.",
    }.get(longest["pattern"], "it is short.")
