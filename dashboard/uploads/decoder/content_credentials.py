"""Reading and writing Content Credentials (C2PA). The library reads the whole file, so it runs here."""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import c2pa

from dashboard.uploads.decoder import FileRefused, xmp

MIME_TYPES = {
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "m4a": "audio/mp4",
    "gif": "image/gif",
    "webp": "image/webp",
    "png": "image/png",
    "jpg": "image/jpeg",
    "heic": "image/heic",  # read only, as the next
    "avif": "image/avif",
}
BRANDS = {
    b"M4A ": "m4a",
    b"qt  ": "mov",
    b"avif": "avif",
    **dict.fromkeys((b"heic", b"heix", b"mif1", b"msf1"), "heic"),
}
NOT_CARRIED = {"webm"}  # C2PA has no place in it
# Nothing is fetched: not what a file points to, and nothing about its certificate.
SETTINGS: dict[str, Any] = {
    "version": 1,
    "verify": {"verify_after_sign": False, "remote_manifest_fetch": False, "ocsp_fetch": False},
    "builder": {"thumbnail": {"enabled": False}},
}
SNIFFED_BYTES = 32
TAG = "DIGITAL_SOURCE_TYPE"  # in WebM


def sign(request: dict[str, Any]) -> dict[str, Any]:
    """Mark and sign each of `files` in place; the answer says which of them could not be signed, and why."""
    problems = {}
    for file in request["files"]:
        path = Path(file["path"])
        try:
            kind = _find_kind(path)
            if not kind:
                raise ValueError("unknown kind of file")
            _mark(path, kind, request["source_type"])
            if file["is_signed"] and kind not in NOT_CARRIED:
                try:
                    _sign(path, kind, file, request)
                except c2pa.C2paError:
                    if not file["ingredients"]:
                        raise
                    _sign(path, kind, file | {"ingredients": []}, request)
        except (c2pa.C2paError, ValueError, OSError) as error:
            problems[str(path)] = str(error)[:300]
    return {"problems": problems}


def _mark(path: Path, kind: str, source_type: str) -> None:
    if kind in NOT_CARRIED:
        _tag_container(path, source_type)
    else:
        xmp.insert(path, kind, source_type)


def _tag_container(path: Path, source_type: str) -> None:
    """Copy the packets of a WebM file into another one with the tag."""
    import av

    target = path.with_name(f"{path.name}.tagged")
    with av.open(str(path)) as old, av.open(str(target), "w", format="webm") as new:
        new.metadata.update({**old.metadata, TAG: source_type})
        streams = {}
        for stream in old.streams:
            copy = new.add_stream_from_template(stream)
            copy.metadata.update(stream.metadata)  # it says that there is an alpha channel
            streams[stream.index] = copy
        for packet in old.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                new.mux(packet)
    os.replace(target, path)


def _sign(path: Path, kind: str, file: dict[str, Any], request: dict[str, Any]) -> None:
    context = c2pa.Context.from_dict(_settings(request), signer=_create_signer(request))
    parent = file["parent"]
    parent_kind = _find_kind(Path(parent["path"])) if parent else ""
    # Credentials that it came with make the file its own parent.
    is_edit = parent_kind in MIME_TYPES or _has_credentials(path, kind)
    builder = c2pa.Builder.from_json(json.dumps(_build_manifest(file, request, is_edit=is_edit)), context)
    if is_edit:
        builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
    if parent_kind in MIME_TYPES:
        with open(parent["path"], "rb") as stream:
            ingredient = {"title": parent["title"], "relationship": "parentOf"}
            builder.add_ingredient(ingredient, MIME_TYPES[parent_kind], stream)
    for archive in file["ingredients"]:
        with open(archive, "rb") as stream:
            builder.add_ingredient_from_archive(stream)
    target = path.with_name(f"{path.name}.signed")
    with path.open("rb") as source, target.open("w+b") as signed:
        builder.sign(MIME_TYPES[kind], source, signed)
    os.replace(target, path)


def _build_manifest(file: dict[str, Any], request: dict[str, Any], *, is_edit: bool) -> dict[str, Any]:
    action = {
        "action": "c2pa.edited" if is_edit else "c2pa.created",
        "digitalSourceType": request["source_type"],
        "softwareAgent": {"name": request["generator"]["name"]},
        "when": request["when"],
        "description": file["description"],
    }
    return {
        "claim_generator_info": [request["generator"]],
        "title": file["title"],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
    }


def _create_signer(request: dict[str, Any]) -> c2pa.Signer:
    signer = request["signer"]
    return c2pa.Signer.from_info(
        c2pa.C2paSignerInfo(
            signer["algorithm"], signer["certificates"].encode(), signer["private_key"].encode(), None
        )
    )


def _settings(request: dict[str, Any]) -> dict[str, Any]:
    return {**SETTINGS, "trust": {"user_anchors": request["known_certificates"]}}


def _has_credentials(path: Path, kind: str) -> bool:
    context = c2pa.Context.from_dict(SETTINGS)
    with path.open("rb") as stream:
        return c2pa.Reader.try_create(MIME_TYPES[kind], stream, context=context) is not None


# ---------------------------------------------------------------- reading


def read(request: dict[str, Any]) -> dict[str, Any]:
    """What the library says of the file: `report`, or `broken`; without Content Credentials the `source_type`."""
    path = Path(request["source"])
    with path.open("rb") as stream:
        name = sniff(stream.read(SNIFFED_BYTES))
        if not name:
            raise FileRefused(request["unknown_kind"])
        if name in NOT_CARRIED:
            return {"format": name, "source_type": _read_tag(path)}
        stream.seek(0)
        try:
            context = c2pa.Context.from_dict(_settings(request))
            reader = c2pa.Reader.try_create(MIME_TYPES[name], stream, context=context)
        except c2pa.C2paError as error:
            return {"format": name, "broken": str(error)[:300]}
        if reader is None:
            return {"format": name, "source_type": xmp.find_source_type(path)}
        return {"format": name, "report": json.loads(reader.json())}


def keep(request: dict[str, Any]) -> dict[str, Any]:
    """Write what a portrait says about itself to `target`, as an archive from which it becomes an ingredient."""
    path = Path(request["source"])
    kind = _find_kind(path)
    if kind not in MIME_TYPES or not _has_credentials(path, kind):
        return {}
    generator = json.dumps({"claim_generator_info": [{"name": "Talking avatars"}]})
    builder = c2pa.Builder.from_json(generator, c2pa.Context.from_dict(SETTINGS))
    ingredient = {"title": "Portrait", "relationship": "componentOf", "instance_id": "portrait"}
    try:
        with path.open("rb") as source, open(request["target"], "w+b") as archive:
            builder.add_ingredient(ingredient, MIME_TYPES[kind], source)
            builder.write_ingredient_archive("portrait", archive)
    except c2pa.C2paError as error:
        raise FileRefused(str(error)[:300]) from error
    return {}


def sniff(start: bytes) -> str:
    """The kind of file by its first bytes; empty for an unknown one."""
    if start[4:8] in (b"ftyp", b"wide", b"moov", b"mdat"):
        return BRANDS.get(start[8:12], "mp4")
    for magic, name in (
        (b"\xff\xd8\xff", "jpg"),
        (b"\x89PNG\r\n", "png"),
        (b"GIF8", "gif"),
        (b"\x1aE\xdf\xa3", "webm"),
    ):
        if start.startswith(magic):
            return name
    return "webp" if start[:4] == b"RIFF" and start[8:12] == b"WEBP" else ""


def _find_kind(path: Path) -> str:
    with path.open("rb") as stream:
        return sniff(stream.read(SNIFFED_BYTES))


def _read_tag(path: Path) -> str:
    import av

    with contextlib.suppress(av.FFmpegError, OSError), av.open(str(path)) as container:
        return container.metadata.get(TAG, "")[:200]
    return ""
