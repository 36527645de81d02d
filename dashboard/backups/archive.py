"""The file of a backup: a tar with the database, media files and secrets, and at its end a manifest.

The manifest has the size and the SHA-256 of each file. It comes last: an archive that has it is complete.
"""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "db.sqlite3"
FOLDERS = ("media", "secrets")
CHUNK = 2**20
BROKEN = "This is not a complete backup of this product, or it is damaged."


class BackupError(Exception):
    """A backup cannot be made or restored. `str`: a sentence for people."""


@dataclass
class _Hashing:
    """A file that hashes what is read from it or written to it."""

    file: IO[bytes]

    def __post_init__(self) -> None:
        self.digest = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self._count(data)
        return data

    def write(self, data: bytes) -> None:
        self.file.write(data)
        self._count(data)

    def _count(self, data: bytes) -> None:
        self.digest.update(data)
        self.size += len(data)

    @property
    def facts(self) -> list[Any]:
        return [self.size, self.digest.hexdigest()]


def write(target: Path, files: Mapping[str, Path]) -> None:
    """Write the archive of these files, by their names in it; it appears when it is complete. Raises OSError."""
    part = target.with_name(f".{target.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # it has secrets
    try:
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w|") as tar:
                facts = {name: _add(tar, name, path) for name, path in files.items()}
                _add_manifest(tar, facts)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _add(tar: tarfile.TarFile, name: str, path: Path) -> list[Any]:
    with path.open("rb") as file:
        entry = tarfile.TarInfo(name)
        stat = os.fstat(file.fileno())
        entry.size, entry.mtime, entry.mode = stat.st_size, int(stat.st_mtime), 0o600
        hashing = _Hashing(file)
        tar.addfile(entry, hashing)
    return hashing.facts


def _add_manifest(tar: tarfile.TarFile, facts: Mapping[str, list[Any]]) -> None:
    content = {"format": FORMAT, "made_at": datetime.now(UTC).isoformat(timespec="seconds"), "files": facts}
    data = json.dumps(content).encode()
    entry = tarfile.TarInfo(MANIFEST)
    entry.size, entry.mode = len(data), 0o600
    tar.addfile(entry, io.BytesIO(data))


def extract(source: Path, folder: Path) -> dict[str, Any]:
    """Write the files of an archive into `folder` and compare them with its manifest, which is returned.

    Raises BackupError, OSError.
    """
    found: dict[str, list[Any]] = {}
    manifest: dict[str, Any] = {}
    try:
        with tarfile.open(source, "r|") as tar:
            for entry, file in _list_files(tar):
                if entry.name == MANIFEST:
                    manifest = json.load(file)
                else:
                    found[entry.name] = _extract(file, folder / entry.name)
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise BackupError(BROKEN) from error
    if manifest.get("format") != FORMAT or manifest.get("files") != found or DATABASE not in found:
        raise BackupError(BROKEN)
    return manifest


def _list_files(tar: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    """The regular files, each with a name that stays inside of the folder it is extracted to. Raises BackupError."""
    for entry in tar:
        path = PurePosixPath(entry.name)
        is_ours = entry.name in {MANIFEST, DATABASE} or path.parts[0] in FOLDERS
        file = tar.extractfile(entry) if entry.isreg() else None
        if file is None or not is_ours or path.is_absolute() or ".." in path.parts:
            raise BackupError(BROKEN)
        yield entry, file


def _extract(file: IO[bytes], target: Path) -> list[Any]:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        hashing = _Hashing(opened)
        while chunk := file.read(CHUNK):
            hashing.write(chunk)
    return hashing.facts
