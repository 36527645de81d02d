"""What can be taken away of a finished video, and which programs each file is for."""

from dataclasses import dataclass, field

from django.db.models.fields.files import FieldFile
from django.urls import reverse

from dashboard.files import signed_links
from dashboard.files.filenames import for_filename
from videos.exports import tasks, workspace
from videos.models import Export, Video
from videos.studio.preview_limits import GIF, WEBP, Extent

Kind = Export.Kind


@dataclass(frozen=True)
class Link:
    words: str
    says: str  # what a screen reader says
    address: str


@dataclass(frozen=True)
class Form:
    """A kind of file that is made on a click."""

    kind: str
    name: str
    format: str
    icon: str
    suits: str


@dataclass
class Download:
    """One row of the list. It has links where there is something to take, else `export` or `missing` says why not."""

    kind: str
    name: str
    format: str
    icon: str
    suits: str = ""
    links: list[Link] = field(default_factory=list)
    size: int | None = None
    export: Export | None = None
    missing: str = ""
    is_made_on_click: bool = False

    @property
    def is_active(self) -> bool:
        return self.export is not None and self.export.is_active


def _small(extent: Extent) -> str:
    return f"without sound, up to {extent.side} pixels and {extent.seconds} seconds"


NEEDS_MASK = "Not available without a mask."

FORMS = {
    form.kind: form
    for form in (
        Form(
            Kind.WEBM,
            "Transparent video",
            "WebM",
            "sparkles",
            "The person alone. For web pages in Chrome, Edge and Firefox, and for OBS; Safari and most video editors "
            "show no transparency in it.",
        ),
        Form(
            Kind.MOV,
            "Transparent video",
            "MOV, ProRes 4444",
            "scissors",
            "The person alone. For Final Cut Pro, Premiere Pro, After Effects, DaVinci Resolve and Keynote.",
        ),
        Form(
            Kind.WEBP,
            "Transparent preview",
            "animated WebP",
            "photo",
            f"The person alone, {_small(WEBP)}. For web pages, in every browser.",
        ),
        Form(
            Kind.GIF,
            "Preview",
            "GIF",
            "gif",
            f"What the video shows, {_small(GIF)}. For mail, chats and slides.",
        ),
        Form(Kind.SOUND, "Sound", "M4A", "speaker-wave", "As it is in the video, and in step with it."),
    )
}


def downloads(video: Video) -> list[Download]:
    """All rows of the list, from one query for the exports."""
    if not video.is_ready or not video.video:
        return []
    made = {(export.kind, export.look_key): export for export in video.exports.all()}
    on_click = {
        kind: _on_click(video, form, made.get((kind, tasks.look_of(video, kind)[1])))
        for kind, form in FORMS.items()
    }
    rows = [
        *_films(video),
        on_click[Kind.WEBM],
        on_click[Kind.MOV],
        on_click[Kind.WEBP],
        on_click[Kind.GIF],
        on_click[Kind.SOUND],
        _recording(video),
        _captions(video),
    ]
    return [row for row in rows if row]


def one(video: Video, kind: str) -> Download:
    """A row that is made on a click, as it stands."""
    return _on_click(video, FORMS[kind], tasks.find(video, kind))


def filename(video: Video, kind: str) -> str:
    also = {Kind.WEBM: " transparent", Kind.MOV: " transparent", Kind.WEBP: " transparent"}.get(kind, "")
    return f"{for_filename(video.title)}{also}{workspace.SUFFIX[kind]}"


def _on_click(video: Video, form: Form, export: Export | None) -> Download:
    row = Download(
        form.kind, form.name, form.format, form.icon, form.suits, is_made_on_click=True, export=export
    )
    if export is not None and export.is_ready:
        row.size = export.size
        address = reverse("export-file", args=[video.pk, form.kind])
        row.links = [Link("Download", f"Download: {form.name} ({form.format})", address)]
    elif export is None or not export.is_active:
        reason = tasks.why_not(video, form.kind)
        # The list says it once at its head.
        row.missing = NEEDS_MASK if reason and reason == video.why_no_mask else reason
    if form.kind == Kind.MOV and row.size is None:
        row.format += f", about {tasks.prores_bytes(video) / 1e6:,.0f} MB"
    return row


def _films(video: Video) -> list[Download]:
    name = for_filename(video.title)
    shown = video.shown
    rows = [_film("video", "Video", "MP4", "film", shown, f"{name}.mp4", "With sound. Plays everywhere.")]
    if shown.name != video.video.name:
        rows[0].name = "Video with its look"
        plain = _film("plain", "Video as it came", "MP4", "film", video.video, f"{name} as it came.mp4", "")
        rows.append(plain)
    if video.mask:
        suits = "White is the person, black the rest: for editors that take a luma matte."
        if shown.name != video.video.name:
            suits += " It fits the video as it came."
        rows.append(_film("mask", "Mask", "MP4", "user-circle", video.mask, f"{name} mask.mp4", suits))
    return rows


def _film(kind: str, name: str, form: str, icon: str, file: FieldFile, saved_as: str, suits: str) -> Download:
    link = Link("Download", f"Download: {name}", signed_links.link(file.name, download=saved_as))
    return Download(kind, name, form, icon, suits, links=[link], size=size_of(file))


def _recording(video: Video) -> Download | None:
    if not (video.voice and video.voice.sound):
        return None
    saved_as = f"{for_filename(video.title)}.wav"
    return _film(
        "sound-wav",
        "Recording",
        "WAV",
        "microphone",
        video.voice.sound,
        saved_as,
        "The voice as it was sent, uncompressed.",
    )


def _captions(video: Video) -> Download | None:
    if not video.captions:
        return None
    vtt = signed_links.link(video.captions.name, download=f"{for_filename(video.title)}.vtt")
    links = [
        Link("VTT", "Download the captions as WebVTT", vtt),
        Link("SRT", "Download the captions as SRT", reverse("video-srt", args=[video.pk])),
    ]
    suits = "VTT for web players, SRT for video editors and YouTube."
    return Download(
        "captions", "Captions", "WebVTT or SRT", "chat-bubble-bottom-center-text", suits, links=links
    )


def size_of(file: FieldFile) -> int | None:
    try:
        return file.size
    except OSError:  # the page is worth more than the number
        return None
