"""The downloads of a finished video: what is offered on its page, in which groups, and what each file is for."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from django.db.models.fields.files import FieldFile
from django.template.defaultfilters import filesizeformat
from django.urls import reverse

from dashboard.files import signed_links
from dashboard.files.filenames import for_filename
from videos.exports import tasks, workspace
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
    """One file as the page offers it: with an address if it is there, else it is made on a click."""

    key: str  # of an export its kind
    name: str
    format: str
    icon: str
    purpose: str = ""
    width: int = 0  # pixels
    height: int = 0
    size: int | None = None  # bytes
    is_estimate: bool = False  # the size
    address: str = ""
    export: Export | None = None
    unavailable: str = ""  # why it can neither be downloaded nor made

    @property
    def is_preparing(self) -> bool:
        return self.export is not None and self.export.is_active

    @property
    def size_words(self) -> str:
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
    """All downloads of a video: the one that is shown in the player, and the other formats."""

    main: Download
    groups: list[Group]

    @property
    def made_on_request(self) -> list[Download]:
        everything = chain.from_iterable(group.downloads for group in self.groups)
        return [download for download in everything if download.key in FORMATS]


@dataclass(frozen=True)
class Format:
    """A kind of file that is made on request."""

    kind: str
    name: str
    format: str
    icon: str
    purpose: str


FORMATS = {
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
    """Everything that the page offers, from one query for the exports; None before there is a video."""
    if not video.is_ready or not video.video:
        return None
    made = {(export.kind, export.look_key): export for export in video.exports.all()}
    on_request = {
        kind: _describe_export(video, format_, made.get((kind, tasks.look_of(video, kind)[1])))
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
    """One that is made on request, as it stands."""
    return _describe_export(video, FORMATS[kind], tasks.find(video, kind))


def name_file(video: Video, kind: str) -> str:
    """What a browser saves an export as."""
    suffix = " transparent" if kind in tasks.OF_THE_PERSON else ""
    return f"{for_filename(video.title)}{suffix}{workspace.SUFFIX[kind]}"


def _describe_main(video: Video) -> Download:
    width, height = video.display_size
    return Download(
        key="video",
        name="Video",
        format="MP4",
        icon="film",
        width=width,
        height=height,
        size=read_size(video.display_file),
        address=signed_links.link(video.display_file.name, download=f"{for_filename(video.title)}.mp4"),
    )


def _describe_export(video: Video, format_: Format, export: Export | None) -> Download:
    width, height = _measure(video, format_.kind)
    is_ready = export is not None and export.is_ready
    is_active = export is not None and export.is_active
    reason = "" if is_ready or is_active else tasks.why_not(video, format_.kind)
    estimate = round(tasks.prores_bytes(video)) if format_.kind == Kind.MOV else None
    return Download(
        key=format_.kind,
        name=format_.name,
        format=format_.format,
        icon=format_.icon,
        purpose=format_.purpose,
        width=width,
        height=height,
        size=export.size if is_ready else estimate,
        is_estimate=not is_ready,
        address=reverse("export-file", args=[video.pk, format_.kind]) if is_ready else "",
        export=export,
        # Why there is no mask is said once for all of them.
        unavailable=NEEDS_MASK if reason and reason == video.why_no_mask else reason,
    )


def _measure(video: Video, kind: str) -> tuple[int, int]:
    """Width and height of an export in pixels; 0 for sound, and where the video's own are not known."""
    if kind == Kind.SOUND or not video.width:
        return 0, 0
    if kind == Kind.WEBP:
        return WEBP.small(video.width, video.height)
    if kind == Kind.GIF:
        return GIF.small(*video.parsed_look.canvas(video.width, video.height))
    return video.width, video.height


def _list_sources(video: Video) -> Iterator[Download]:
    """What the look was laid over: for whoever wants to do that in an editor."""
    title, has_look = for_filename(video.title), video.display_file.name != video.video.name
    size = {"width": video.width, "height": video.height}
    if has_look:
        yield Download(
            key="original",
            name="Original",
            format="MP4",
            icon="film",
            purpose="Without background and format changes.",
            size=read_size(video.video),
            address=signed_links.link(video.video.name, download=f"{title} original.mp4"),
            **size,
        )
    if video.mask:
        purpose = "White is the person, black the rest: a luma matte for video editors."
        yield Download(
            key="mask",
            name="Mask",
            format="MP4",
            icon="user-circle",
            purpose=f"{purpose} It fits the original." if has_look else purpose,
            size=read_size(video.mask),
            address=signed_links.link(video.mask.name, download=f"{title} mask.mp4"),
            **size,
        )


def _list_recordings(video: Video) -> Iterator[Download]:
    if video.voice and video.voice.sound:
        yield Download(
            key="recording",
            name="Recording",
            format="WAV",
            icon="microphone",
            purpose="The original recording, uncompressed.",
            size=read_size(video.voice.sound),
            address=signed_links.link(video.voice.sound.name, download=f"{for_filename(video.title)}.wav"),
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
            size=read_size(video.captions),
            address=signed_links.link(video.captions.name, download=f"{for_filename(video.title)}.vtt"),
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


def read_size(file: FieldFile) -> int | None:
    """In bytes; None when the file is gone, because the page is worth more than the number."""
    try:
        return file.size
    except OSError:
        return None
