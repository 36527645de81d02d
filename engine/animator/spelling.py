"""How a written English text is spoken, as far as aligning it with a sound requires.

A script becomes tokens, as captions show them, and each token the plain words that are spoken for it. Pronunciations
that the dictionary does not have are guessed: from a known word plus an ending, from two known words in one, or by
letter-to-sound rules (a small selection of Elovitz et al. 1976, NRL Report 7948). A wrong guess costs little accuracy.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

Lookup = Callable[[str], str | None]  # word -> ARPAbet phones separated by spaces, None if unknown

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
SYMBOLS = {"&": "and", "%": "percent", "+": "plus", "=": "equals", "@": "at", "°": "degrees", "#": "number"}
CURRENCIES = {"$": "dollars", "£": "pounds", "€": "euros"}
ABBREVIATIONS = {"mr": "mister", "mrs": "missus", "dr": "doctor", "vs": "versus", "etc": "et cetera"}
PARTS = re.compile(
    r"[$£€]?\d+(?:,\d{3})*(?::\d\d|\.\d+)?(?:st|nd|rd|th)?|[a-z]+(?:'[a-z]+)*'?|[&%+=@°#]", re.IGNORECASE
)

# Letters -> phones; the longest match wins. ^ is the beginning of a word, $ its end.
LETTER_RULES = {
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
LONG_VOWELS = {"a": "EY", "e": "IY", "i": "AY", "o": "OW", "u": "UW"}  # before one consonant and a silent e
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
LETTER_NAMES = {
    "a": "EY", "b": "B IY", "c": "S IY", "d": "D IY", "e": "IY", "f": "EH F", "g": "JH IY", "h": "EY CH", "i": "AY",
    "j": "JH EY", "k": "K EY", "l": "EH L", "m": "EH M", "n": "EH N", "o": "OW", "p": "P IY", "q": "K Y UW",
    "r": "AA R", "s": "EH S", "t": "T IY", "u": "Y UW", "v": "V IY", "w": "D AH B AH L Y UW", "x": "EH K S",
    "y": "W AY", "z": "Z IY",
}  # fmt: skip


class Token(NamedTuple):
    """A part of the script between spaces, as written, and the words spoken for it (lower case, a-z and ')."""

    text: str
    spoken: list[str]


def tokenise(script: str) -> list[Token]:
    """The tokens of a script in order.

    [Directions] are removed; other parts that are not spoken, like dashes, are added to the text of the token before.
    """
    plain = re.sub(r"\[[^\]\n]*\]", " ", script.replace("’", "'").replace("‘", "'"))
    out: list[Token] = []
    for text in plain.split():
        spoken = _spell_out(text)
        if spoken:
            out.append(Token(text, spoken))
        elif out:
            out[-1] = Token(f"{out[-1].text} {text}", out[-1].spoken)
    return out


def foreign_share(script: str) -> float:
    """The share of letters that English is not written with, 0..1."""
    letters = [c for c in script if c.isalpha()]
    return sum(not _strip_accents(c).isascii() for c in letters) / max(len(letters), 1)


def _strip_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _spell_out(text: str) -> list[str]:
    out: list[str] = []
    for part in PARTS.findall(_strip_accents(text)):
        low = part.lower()
        if any(c.isdigit() for c in low):
            out += _spell_number(low)
        elif low in SYMBOLS:
            out.append(SYMBOLS[low])
        elif part.isupper() and 1 < len(part) <= 5 and not set(low) & set("aeiouy'"):
            out += list(low)  # BBC
        else:
            out += ABBREVIATIONS.get(low, low).split()
    return out


def _spell_number(text: str) -> list[str]:
    """1,200 -> one thousand two hundred; also 3.5, 10:30, $5, 2nd and years."""
    currency = CURRENCIES.get(text[0])
    text = text.lstrip("$£€")
    ordinal = text.endswith(("st", "nd", "rd", "th"))
    text = text.rstrip("stndrh")
    grouped, text = "," in text, text.replace(",", "")
    if ":" in text:
        return [word for part in text.split(":") if int(part) for word in number_to_words(int(part))]
    whole, _, rest = text.partition(".")
    is_plain = len(whole) == 4 and not (rest or currency or grouped)
    if is_plain and (1100 <= int(whole) < 2000 or 2010 <= int(whole) < 2100):  # a year
        words = number_to_words(int(whole[:2]))
        if whole[2:] == "00":
            words += ["hundred"]
        else:
            words += (["oh"] if whole[2] == "0" else []) + number_to_words(int(whole[2:]))
    elif len(whole) > 12:
        words = [ONES[int(c)] for c in whole]
    else:
        words = number_to_words(int(whole))
    if rest:
        words += ["point", *(ONES[int(c)] for c in rest if c.isdigit())]
    if ordinal:
        last = words[-1]
        words[-1] = ORDINALS.get(last, last[:-1] + "ieth" if last.endswith("y") else last + "th")
    return words + ([currency] if currency else [])


def number_to_words(n: int) -> list[str]:
    """A whole number below 10**18 in words."""
    for size, name in SCALES:
        if n >= size:
            return number_to_words(n // size) + [name] + (number_to_words(n % size) if n % size else [])
    if n >= 20:
        return [TENS[n // 10]] + ([ONES[n % 10]] if n % 10 else [])
    return [ONES[n]]


def guess_pronunciation(word: str, lookup: Lookup) -> str:
    """The phones of a word that the dictionary does not have."""
    for ending, phones in ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 2 and (known := lookup(stem) or lookup(stem + "e")):
            return f"{known} {phones}"
    for i in range(len(word) - 3, 2, -1):
        first, second = lookup(word[:i]), lookup(word[i:])
        if first and second:
            return f"{first} {second}"
    return apply_letter_rules(word.replace("'", ""))


def apply_letter_rules(word: str) -> str:
    """The phones of a word by letter-to-sound rules, left to right."""
    out: list[str] = []
    i = 0
    silent_e = re.search(r"([aeiou])[bcdfgklmnpstvz]e$", word)
    while i < len(word):
        if i and word[i] == word[i - 1] and word[i] not in "aeiou":
            i += 1  # a doubled consonant sounds once
            continue
        if silent_e and i == silent_e.start():
            out.append(LONG_VOWELS[word[i]])
            i += 1
            continue
        phones, n = _longest_rule(word, i)
        out.append(phones)
        i += n
    phones = " ".join(p for p in out if p)
    return phones or " ".join(LETTER_NAMES[c] for c in word if c in LETTER_NAMES)


def _longest_rule(word: str, i: int) -> tuple[str, int]:
    """The phones of the longest rule that matches at i, and how many letters it covers."""
    for n in range(min(4, len(word) - i), 0, -1):
        part = word[i : i + n]
        keys = (["^" + part] if i == 0 else []) + ([part + "$"] if i + n == len(word) and i else []) + [part]
        for key in keys:
            if key in LETTER_RULES:
                return LETTER_RULES[key], n
    return "", 1
