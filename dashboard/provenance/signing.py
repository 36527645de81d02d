"""Marks and signs finished files, last of all: a signature names the positions of what it covers.

Call it on the work file, before that is stored: then a run that is killed leaves nothing half signed.
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from dashboard.provenance import certificates
from dashboard.provenance.source_types import COMPOSITE_WITH_TRAINED_MEDIA
from dashboard.uploads import UploadError, sandbox

log = logging.getLogger(__name__)

GENERATOR = "Talking avatars"
SECONDS = 60
BYTES_PER_SECOND = 20 * 2**20  # at least: the file is hashed and copied
MEMORY = 1536 * 2**20
EXTRA_BYTES = 16 * 2**20  # the most that credentials add to a file


@dataclass(frozen=True)
class FileToSign:
    """A finished work file, which is replaced by its signed version."""

    path: Path
    title: str
    description: str  # what was done, for the people who read it
    # The signed file that this one was made from, and what it is called.
    parent: Path | None = None
    parent_title: str = ""
    # What inputs said about themselves: archives that dashboard.uploads.portraits has kept.
    ingredients: tuple[Path, ...] = ()
    # False: only the source type is put in. For small pictures that pages show by the dozen.
    is_signed: bool = True


def sign(files: Sequence[FileToSign], *, source_type: str = "") -> bool:
    """Mark and sign the files in place; whether that worked for all of them.

    A file that cannot be signed (a provider's video may be odd in ways that only this library minds) stays as it is
    and is logged: people should get the video that they waited for.
    """
    if not files:
        return True
    largest = max(file.path.stat().st_size for file in files)
    total = sum(file.path.stat().st_size for file in files)
    limits = sandbox.Limits(memory=MEMORY, seconds=estimate_seconds(total), file=largest + EXTRA_BYTES)
    try:
        with sandbox.work_folder() as work:
            # The private key is in the request, on stdin: not in the environment, and not among the arguments.
            answer = sandbox.run(
                "sign",
                files[0].path,
                work,
                limits,
                unreadable="the signing process died",
                # It writes beside the files that it signs.
                writable=sorted({str(file.path.parent) for file in files}),
                readable=[str(path) for file in files for path in (file.parent, *file.ingredients) if path],
                files=[_describe(file) for file in files],
                source_type=source_type or COMPOSITE_WITH_TRAINED_MEDIA,
                when=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
                generator=_describe_installation(),
                signer=asdict(certificates.get_signer()),
                known_certificates="".join(certificates.list_known()),
            )
    except UploadError as error:
        log.error("%s could not be signed: %s", ", ".join(file.path.name for file in files), error)
        return False
    finally:
        _remove_drafts(files)
    for path, problem in answer["problems"].items():
        log.error("%s could not be signed: %s", path, problem)
    return not answer["problems"]


def estimate_seconds(size: int) -> int:
    """The longest that signing this many bytes may take."""
    return SECONDS + size // BYTES_PER_SECOND


def _describe_installation() -> dict[str, str]:
    host = urlsplit(settings.PUBLIC_URL).hostname
    return {"name": GENERATOR, **({"installation": host} if host else {})}


def _describe(file: FileToSign) -> dict[str, Any]:
    parent = {"path": str(file.parent), "title": file.parent_title} if file.parent else None
    return {
        "path": str(file.path),
        "title": file.title,
        "description": file.description,
        "is_signed": file.is_signed,
        "parent": parent,
        "ingredients": [str(path) for path in file.ingredients],
    }


def _remove_drafts(files: Sequence[FileToSign]) -> None:
    for file in files:
        for ending in ("signed", "tagged"):
            file.path.with_name(f"{file.path.name}.{ending}").unlink(missing_ok=True)
