"""What a written English text sounds like, as far as aligning it with a sound needs.

A script becomes tokens, as they are shown in captions, and each token the plain words that are spoken for it. Words
that the dictionary does not know are guessed: a known word with an ending, two known words in one, or letter-to-sound
rules, a small choice of those of Elovitz et al. (1976, NRL Report 7948). A wrong guess only costs a little accuracy.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

Lookup = Callable[[str], str | None]  # word -> ARPAbet phones with spaces between, None if it is not known

ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS = ["_", "_", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
SCALES = ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth"}
ORDINALS |= {"nine": "ninth", "twelve": "twelfth"}
SIGNS = {"&": "and", "%": "percent", "+": "plus", "=": "equals", "@": "at", "°": "degrees", "#": "number"}
MONEY = {"$": "dollars", "£": "pounds", "€": "euros"}
SHORT = {"mr": "mister", "mrs": "missus", "dr": "doctor", "vs": "versus", "etc": "et cetera"}
PIECES = re.compile(
    r"[$£€]?\d+(?:,\d{3})*(?::\d\d|\.\d+)?(?:st|nd|rd|th)?|[a-z]+(?:'[a-z]+)*'?|[&%+=@°#]", re.IGNORECASE
)

# Letters -> phones, the longest that fits first; ^ the word's beginning, $ its end.
RULES = {
    "tion": "SH AH N", "sion": "ZH AH N", "ture": "CH ER", "ough": "OW", "augh": "AO", "eigh": "EY", "igh": "AY",
    "tch": "CH", "dge": "JH", "sch": "S K", "ous$": "AH S", "ed$": "D", "es$": "Z", "le$": "AH L", "^kn": "N",
    "^wr": "R", "^ps": "S", "^x": "Z", "mb$": "M", "gn$": "N", "ch": "CH", "sh": "SH", "th": "TH", "ph": "F",
    "wh": "W", "ck": "K", "ng": "NG", "nk": "NG K", "qu": "K W", "gh": "G", "rh": "R", "sc$": "S K", "ce": "S",
    "ci": "S IH", "cy": "S IY", "ge$": "JH", "gi": "JH IH", "gy": "JH IY", "ai": "EY", "ay": "EY", "au": "AO",
    "aw": "AO", "ar": "AA R", "air": "EH R", "are$": "EH R", "all": "AO L", "ea": "IY", "ee": "IY", "ei": "EY",
    "ey": "IY", "er": "ER", "eu": "Y UW", "ew": "Y UW", "ear": "IH R", "ere$": "IH R", "ie": "IY", "ir": "ER",
    "ire$": "AY ER", "oa": "OW", "oe": "OW", "oi": "OY", "oy": "OY", "oo": "UW", "ou": "AW", "ow": "OW", "or": "AO R",
    "ore": "AO R", "ur": "ER", "ure$": "UH R", "ue": "UW", "ui": "UW", "y$": "IY", "^y": "Y", "o$": "OW",
    "i$": "IY", "a$": "AH", "u$": "UW", "e$": "", "a": "AE", "b": "B", "c": "K", "d": "D", "e": "EH", "f": "F",
    "g": "G", "h": "HH", "i": "IH", "j": "JH", "k": "K", "l": "L", "m": "M", "n": "N", "o": "AA", "p": "P",
    "q": "K", "r": "R", "s": "S", "t": "T", "u": "AH", "v": "V", "w": "W", "x": "K S", "y": "IH", "z": "Z",
}  # fmt: skip
LONG = {"a": "EY", "e": "IY", "i": "AY", "o": "OW", "u": "UW"}  # vowel, one consonant, e at the end
ENDINGS = (
    ("'s", "Z"),
    ("s'", "Z"),
    ("s", "Z"),
    ("ed", "D"),
    ("d", "D"),
    ("ing", "IH NG"),
    ("er", "ER"),
    ("ly", "L IY"),
)
LETTERS = dict(zip("abcdefghijklmnopqrstuvwxyz", ["EY", "B IY", "S IY", "D IY", "IY", "EH F", "JH IY", "EY CH", "AY", "JH EY", "K EY", "EH L", "EH M", "EH N", "OW", "P IY", "K Y UW", "AA R", "EH S", "T IY", "Y UW", "V IY", "D AH B AH L Y UW", "EH K S", "W AY", "Z IY"], strict=True))  # fmt: skip


class Token(NamedTuple):
    """A piece of the script between blanks, as written, and the words spoken for it (lower case, a-z and ')."""

    text: str
    spoken: list[str]


def tokens(script: str) -> list[Token]:
    """The script in order. What is not spoken (dashes, [directions]) stays with its neighbour's text or goes."""
    plain = re.sub(r"\[[^\]\n]*\]", " ", script.replace("’", "'").replace("‘", "'"))
    out: list[Token] = []
    for text in plain.split():
        spoken = _spoken(text)
        if spoken:
            out.append(Token(text, spoken))
        elif out:
            out[-1] = Token(f"{out[-1].text} {text}", out[-1].spoken)
    return out


def foreign(script: str) -> float:
    """Share of the letters that English does not write with, 0..1."""
    letters = [c for c in script if c.isalpha()]
    return sum(not _latin(c).isascii() for c in letters) / max(len(letters), 1)


def _latin(text: str) -> str:
    """Without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _spoken(text: str) -> list[str]:
    out: list[str] = []
    for piece in PIECES.findall(_latin(text)):
        low = piece.lower()
        if any(c.isdigit() for c in low):
            out += _number(low)
        elif low in SIGNS:
            out.append(SIGNS[low])
        elif piece.isupper() and 1 < len(piece) <= 5 and not set(low) & set("aeiouy'"):
            out += list(low)  # BBC
        else:
            out += SHORT.get(low, low).split()
    return out


def _number(text: str) -> list[str]:
    """1,200 -> one thousand two hundred; 3.5, 10:30, $5, 2nd and years too."""
    money = MONEY.get(text[0])
    text = text.lstrip("$£€")
    ordinal = text.endswith(("st", "nd", "rd", "th"))
    text = text.rstrip("stndrh")
    grouped, text = "," in text, text.replace(",", "")
    if ":" in text:
        return [word for part in text.split(":") if int(part) for word in counted(int(part))]
    whole, _, rest = text.partition(".")
    plain = len(whole) == 4 and not (rest or money or grouped)
    if plain and (1100 <= int(whole) < 2000 or 2010 <= int(whole) < 2100):  # a year
        words = counted(int(whole[:2]))
        if whole[2:] == "00":
            words += ["hundred"]
        else:
            words += (["oh"] if whole[2] == "0" else []) + counted(int(whole[2:]))
    elif len(whole) > 12:
        words = [ONES[int(c)] for c in whole]
    else:
        words = counted(int(whole))
    if rest:
        words += ["point", *(ONES[int(c)] for c in rest if c.isdigit())]
    if ordinal:
        last = words[-1]
        words[-1] = ORDINALS.get(last, last[:-1] + "ieth" if last.endswith("y") else last + "th")
    return words + ([money] if money else [])


def counted(n: int) -> list[str]:
    """A whole number below a billion billions in words."""
    for size, name in SCALES:
        if n >= size:
            return counted(n // size) + [name] + (counted(n % size) if n % size else [])
    if n >= 20:
        return [TENS[n // 10]] + ([ONES[n % 10]] if n % 10 else [])
    return [ONES[n]]


def guess(word: str, lookup: Lookup) -> str:
    """Phones of a word that the dictionary does not know."""
    for ending, phones in ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 2 and (known := lookup(stem) or lookup(stem + "e")):
            return f"{known} {phones}"
    for i in range(len(word) - 3, 2, -1):
        first, second = lookup(word[:i]), lookup(word[i:])
        if first and second:
            return f"{first} {second}"
    return by_letters(word.replace("'", ""))


def by_letters(word: str) -> str:
    """Letter-to-sound rules, left to right."""
    out: list[str] = []
    i = 0
    silent_e = re.search(r"([aeiou])[bcdfgklmnpstvz]e$", word)
    while i < len(word):
        if i and word[i] == word[i - 1] and word[i] not in "aeiou":
            i += 1  # doubled
            continue
        if silent_e and i == silent_e.start():
            out.append(LONG[word[i]])
            i += 1
            continue
        phones, n = _longest(word, i)
        out.append(phones)
        i += n
    said = " ".join(p for p in out if p)
    return said or " ".join(LETTERS[c] for c in word if c in LETTERS)


def _longest(word: str, i: int) -> tuple[str, int]:
    """Phones of the longest rule that fits at i, and how many letters it takes."""
    for n in range(min(4, len(word) - i), 0, -1):
        part = word[i : i + n]
        keys = (["^" + part] if i == 0 else []) + ([part + "$"] if i + n == len(word) and i else []) + [part]
        for key in keys:
            if key in RULES:
                return RULES[key], n
    return "", 1
