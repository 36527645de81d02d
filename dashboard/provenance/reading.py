"""What a file says about itself, in plain words: its Content Credentials, checked."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.core.files import File
from django.utils.dateparse import parse_datetime

from dashboard.provenance import certificates, source_types
from dashboard.provider.parsing import parse_sentence
from dashboard.uploads import sandbox

LIMITS = sandbox.Limits(memory=1536 * 2**20, seconds=30, file=16 * 2**20)
UNREADABLE = "This file could not be read. It may be damaged."
UNKNOWN_KIND = "Only MP4, MOV, M4A, WebM, GIF, WebP, PNG and JPEG files can be checked here."
# A certificate that has expired since says nothing about the file.
EXPIRY = {"signingCredential.expired", "claimSignature.outsideValidity", "signingCredential.untrusted"}
MAX_INGREDIENTS = 20


class Verdict(StrEnum):
    """What is known about a file."""

    MADE_HERE = "made-here"  # and unchanged
    CHANGED_HERE = "changed-here"  # made here, changed since
    ELSEWHERE = "elsewhere"  # somebody else's, and unchanged
    CHANGED = "changed"  # somebody else's or nobody knows whose, changed or damaged since
    TAG_ONLY = "tag-only"  # a source type without a signature
    NOTHING = "nothing"


# For people: a headline and what it means.
WORDS = {
    Verdict.MADE_HERE: (
        "Made here, and unchanged",
        "This file was made by this installation, and not one byte of it has changed since.",
    ),
    Verdict.CHANGED_HERE: (
        "Made here, but changed since",
        "This file carries a signature of this installation that no longer fits it: somebody changed it after it "
        "was made, or it was damaged.",
    ),
    Verdict.ELSEWHERE: (
        "Made elsewhere, and unchanged",
        "The file has not changed since it was signed. Whether whoever signed it is who they say cannot be checked here.",
    ),
    Verdict.CHANGED: (
        "Changed or damaged",
        "The file carries Content Credentials that do not fit it, so nothing that they say can be believed.",
    ),
    Verdict.TAG_ONLY: (
        "Not signed",
        "The file says how it came about, but without a signature: anybody could have written or changed that.",
    ),
    Verdict.NOTHING: (
        "Nothing inside",
        "The file carries no Content Credentials. That does not make it real or fake: many services remove them.",
    ),
}


@dataclass(frozen=True)
class Ingredient:
    """Something that the file was made from and that had a name."""

    title: str
    is_parent: bool
    has_credentials: bool
    is_intact: bool  # as far as that could be checked when it was used


@dataclass(frozen=True)
class Credentials:
    """What a file carries. Texts are the file's own words, cleaned and cut."""

    verdict: Verdict
    title: str = ""
    made_with: str = ""
    installation: str = ""
    issuer: str = ""
    when: datetime | None = None
    source_type: str = ""  # IPTC's address
    description: str = ""
    ingredients: list[Ingredient] = field(default_factory=list)

    @property
    def source_text(self) -> str:
        return source_types.describe(self.source_type)

    @property
    def is_signed(self) -> bool:
        return self.verdict not in (Verdict.TAG_ONLY, Verdict.NOTHING)

    @property
    def headline(self) -> str:
        return WORDS[self.verdict][0]

    @property
    def explanation(self) -> str:
        return WORDS[self.verdict][1]


def read(source: File | Path, *, max_bytes: int) -> Credentials:
    """Check a file in a child process. Raises UploadError."""
    known = certificates.list_known()
    with sandbox.work_folder() as work:
        answer = sandbox.run(
            "read_credentials",
            sandbox.to_path(source, work, max_bytes=max_bytes),
            work,
            LIMITS,
            unreadable=UNREADABLE,
            unknown_kind=UNKNOWN_KIND,
            known_certificates="".join(known),
        )
    if "report" in answer:
        return _judge(answer["report"], certificates.find_serial_numbers(known))
    if "broken" in answer:
        return Credentials(Verdict.CHANGED)
    if (named := str(answer.get("source_type"))) in source_types.LABELS:
        return Credentials(Verdict.TAG_ONLY, source_type=named)
    return Credentials(Verdict.NOTHING)


def _judge(report: dict[str, Any], own_serial_numbers: set[int]) -> Credentials:
    manifest = _dict(_dict(report.get("manifests")).get(str(report.get("active_manifest"))))
    generator = _dict(_first(manifest.get("claim_generator_info")))
    signature = _dict(manifest.get("signature_info"))
    action = _find_action(manifest)
    return Credentials(
        verdict=_find_verdict(report, signature, own_serial_numbers),
        title=parse_sentence(manifest.get("title"), max_length=200),
        made_with=parse_sentence(generator.get("name"), max_length=100),
        installation=parse_sentence(generator.get("installation"), max_length=200),
        issuer=_join_names(signature),
        when=_parse_time(signature.get("time")) or _parse_time(action.get("when")),
        source_type=parse_sentence(action.get("digitalSourceType"), max_length=source_types.MAX_LENGTH),
        description=parse_sentence(action.get("description")),
        ingredients=[_parse_ingredient(_dict(item)) for item in _list(manifest.get("ingredients"))],
    )


def _find_verdict(report: dict[str, Any], signature: dict[str, Any], own_serial_numbers: set[int]) -> Verdict:
    """By the library's codes.

    It trusts everything that our authorities signed, and a team's authority signs for others too: so the certificate
    has to be trusted and to have a serial number of ours.
    """
    results = _dict(_dict(report.get("validation_results")).get("activeManifest"))
    codes = {str(_dict(result).get("code")) for result in _list(results.get("failure"))}
    passed = {str(_dict(result).get("code")) for result in _list(results.get("success"))}
    is_signed = "claimSignature.validated" in passed
    is_trusted = is_signed and "signingCredential.trusted" in passed
    is_ours = is_trusted and str(signature.get("cert_serial_number")) in map(str, own_serial_numbers)
    if codes - EXPIRY or not is_signed:
        return Verdict.CHANGED_HERE if is_ours else Verdict.CHANGED
    return Verdict.MADE_HERE if is_ours else Verdict.ELSEWHERE


def _join_names(signature: dict[str, Any]) -> str:
    names = (parse_sentence(signature.get(name), max_length=100) for name in ("issuer", "common_name"))
    return ", ".join(dict.fromkeys(name for name in names if name))


def _find_action(manifest: dict[str, Any]) -> dict[str, Any]:
    """The action that says how it came about: the last one with a source type, else the last one."""
    actions = [
        _dict(action)
        for assertion in _list(manifest.get("assertions"))
        if str(_dict(assertion).get("label")).startswith("c2pa.actions")
        for action in _list(_dict(_dict(assertion).get("data")).get("actions"))
    ]
    typed = [action for action in actions if action.get("digitalSourceType")]
    return (typed or actions or [{}])[-1]


def _parse_ingredient(item: dict[str, Any]) -> Ingredient:
    results = _dict(_dict(item.get("validation_results")).get("activeManifest"))
    codes = {str(_dict(result).get("code")) for result in _list(results.get("failure"))}
    return Ingredient(
        title=parse_sentence(item.get("title"), max_length=200) or "A file without a name",
        is_parent=item.get("relationship") == "parentOf",
        has_credentials=bool(item.get("active_manifest")),
        is_intact=not codes - EXPIRY,
    )


def _parse_time(value: Any) -> datetime | None:
    try:
        return parse_datetime(value) if isinstance(value, str) and len(value) < 40 else None
    except ValueError:
        return None


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value[:MAX_INGREDIENTS] if isinstance(value, list) else []


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else {}
