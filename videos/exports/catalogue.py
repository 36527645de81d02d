"""The downloads that the page of a finished video offers, in groups, and what each file is for."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from django.template.defaultfilters import filesizeformat
from django.urls import reverse

from dashboard.files import signed_links
from dashboard.files.filenames import for_filename
from dashboard.files.stored_files import get_size
from videos.exports import files, services
from videos.models import Export, Video
from videos.studio.preview_limits import GIF, WEBP

Kind = Export.Kind
NEEDS_MASK = "Not available without a mask."
NO_CAPTIONS = {
    True: "The captions could not be downloaded.",
    False: "No captions: the script does not match the audio. "
    "Make another video with the words exactly as they are spoken.",
    None: "No captions: this avatar service does not provide them.",
}


@dataclass(frozen=True)
class Download:
    """One file as the page offers it: with a link if it exists, otherwise made on request."""

    key: str  # for exports: the kind
    name: str
    format: str
    icon: str
    purpose: str = ""
    width: int = 0  # pixels
    height: int = 0
    size: int | None = None  # bytes
    is_estimate: bool = False  # of the size
    address: str = ""
    export: Export | None = None
    unavailable: str = ""  # the reason, if it can neither be downloaded nor made

    @property
    def is_preparing(self) -> bool:
        return self.export is not None and self.export.is_active

    @property
    def size_text(self) -> str:
        """ "4.8 MB", "about 117 MB"; empty when it is not known."""
        if not self.size:
            return ""
        return f"about {max(self.size / 1e6, 1):,.0f} MB" if self.is_estimate else filesizeformat(self.size)

    @property
    def error(self) -> str:
        return self.export.error if self.export is not None and self.export.is_failed else ""


@dataclass(frozen=True)
class Group:
    title: str
    downloads: list[Download]


@dataclass(frozen=True)
class Catalogue:
    """All downloads of a video: the displayed video, and other formats."""

    main: Download
    groups: list[Group]

    @property
    def made_on_request(self) -> list[Download]:
        everything = chain.from_iterable(group.downloads for group in self.groups)
        return [download for download in everything if download.key in FORMATS]


@dataclass(frozen=True)
class Format:
    """A kind of export that a page can request."""

    kind: str
    name: str
    format: str
    icon: str
    purpose: str


FORMATS: dict[str, Format] = {
    format_.kind: format_
    for format_ in (
        Format(
            Kind.WEBM,
            "Transparent video",
            "WebM",
            "sparkles",
            "Only the person. For websites in Chrome, Edge and Firefox, and for OBS; Safari and most video "
            "editors show no transparency in it.",
        ),
        Format(
            Kind.WEBP,
            "Transparent animation",
            "animated WebP",
            "photo",
            f"Only the person, no sound, the first {WEBP.seconds} seconds. For websites, in every browser.",
        ),
        Format(
            Kind.GIF,
            "Animation",
            "GIF",
            "gif",
            f"No sound, the first {GIF.seconds} seconds. For email, chats and slides.",
        ),
        Format(
            Kind.MOV,
            "Transparent video",
            "MOV, ProRes 4444",
            "scissors",
            "Only the person. For Final Cut Pro, Premiere Pro, After Effects, DaVinci Resolve and Keynote.",
        ),
        Format(Kind.SOUND, "Audio", "M4A", "speaker-wave", "The audio of the video, in sync with it."),
    )
}


def list_downloads(video: Video) -> Catalogue | None:
    """All downloads, from one query for the exports; None before the video is ready, and when its file is gone."""
    if not video.is_ready or not video.video or video.is_file_missing:
        return None
    exports = {(export.kind, export.look_key): export for export in video.exports.all()}
    on_request = {
        kind: _describe_export(video, format_, exports.get((kind, services.get_export_look(video, kind)[1])))
        for kind, format_ in FORMATS.items()
    }
    return Catalogue(
        main=_describe_main(video),
        groups=[
            Group("For the web", [on_request[Kind.WEBM], on_request[Kind.WEBP], on_request[Kind.GIF]]),
            Group("For editing", [*_list_sources(video), on_request[Kind.MOV]]),
            Group(
                "Audio and captions",
                [on_request[Kind.SOUND], *_list_recordings(video), *_list_captions(video)],
            ),
        ],
    )


def find_download(video: Video, kind: str) -> Download:
    """The present state of a download that is made on request."""
    return _describe_export(video, FORMATS[kind], services.find_export(video, kind))


def name_file(video: Video, kind: str) -> str:
    """The filename under which a browser saves an export."""
    suffix = " transparent" if kind in services.KINDS_OF_PERSON else ""
    return f"{for_filename(video.title)}{suffix}{files.SUFFIXES[kind]}"


def _describe_main(video: Video) -> Download:
    width, height = video.display_size
    return Download(
        key="video",
        name="Video",
        format="MP4",
        icon="film",
        width=width,
        height=height,
        size=get_size(video.display_file),
        address=signed_links.link(video.display_file.name or "", download=f"{for_filename(video.title)}.mp4"),
    )


def _describe_export(video: Video, format_: Format, export: Export | None) -> Download:
    width, height = _measure(video, format_.kind)
    ready = export if export is not None and export.is_ready else None
    is_active = export is not None and export.is_active
    reason = "" if ready or is_active else services.explain_unavailable(video, format_.kind)
    estimate = round(services.estimate_prores_bytes(video)) if format_.kind == Kind.MOV else None
    return Download(
        key=format_.kind,
        name=format_.name,
        format=format_.format,
        icon=format_.icon,
        purpose=format_.purpose,
        width=width,
        height=height,
        size=ready.size if ready else estimate,
        is_estimate=ready is None,
        address=reverse("export-file", args=[video.pk, format_.kind]) if ready else "",
        export=export,
        # The page explains a missing mask once for all downloads.
        unavailable=NEEDS_MASK if reason and reason == video.why_no_mask else reason,
    )


def _measure(video: Video, kind: str) -> tuple[int, int]:
    """Width and height of an export in pixels; 0 for sound, or if those of the video are not known."""
    if kind == Kind.SOUND or not video.width:
        return 0, 0
    if kind == Kind.WEBP:
        return WEBP.fit(video.width, video.height)
    if kind == Kind.GIF:
        return GIF.fit(*video.parsed_look.canvas(video.width, video.height))
    return video.width, video.height


def _list_sources(video: Video) -> Iterator[Download]:
    """The original and its mask, to replace the background in a video editor."""
    title, has_look = for_filename(video.title), video.display_file.name != video.video.name
    if has_look:
        yield Download(
            key="original",
            name="Original",
            format="MP4",
            icon="film",
            purpose="Without background and format changes.",
            size=get_size(video.video),
            address=signed_links.link(video.video.name or "", download=f"{title} original.mp4"),
            width=video.width,
            height=video.height,
        )
    if video.mask:
        purpose = "White is the person, black the rest: a luma matte for video editors."
        yield Download(
            key="mask",
            name="Mask",
            format="MP4",
            icon="user-circle",
            purpose=f"{purpose} It fits the original." if has_look else purpose,
            size=get_size(video.mask),
            address=signed_links.link(video.mask.name or "", download=f"{title} mask.mp4"),
            width=video.width,
            height=video.height,
        )


def _list_recordings(video: Video) -> Iterator[Download]:
    if video.voice and video.voice.sound and not video.voice.is_file_missing:
        yield Download(
            key="recording",
            name="Recording",
            format="WAV",
            icon="microphone",
            purpose="The original recording, uncompressed.",
            size=get_size(video.voice.sound),
            address=signed_links.link(
                video.voice.sound.name or "", download=f"{for_filename(video.title)}.wav"
            ),
        )


def _list_captions(video: Video) -> Iterator[Download]:
    icon = "chat-bubble-bottom-center-text"
    if video.captions:
        yield Download(
            key="vtt",
            name="Captions",
            format="WebVTT",
            icon=icon,
            purpose="For players on websites.",
            size=get_size(video.captions),
            address=signed_links.link(video.captions.name or "", download=f"{for_filename(video.title)}.vtt"),
        )
        yield Download(
            key="srt",
            name="Captions",
            format="SRT",
            icon=icon,
            purpose="For video editors and YouTube.",
            address=reverse("video-srt", args=[video.pk]),
        )
    elif video.script:
        unavailable = NO_CAPTIONS[video.script_matches]
        yield Download("captions", "Captions", "WebVTT, SRT", icon, unavailable=unavailable)
