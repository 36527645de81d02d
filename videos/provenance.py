"""Which files of a video are marked as synthetic, and what is said in them."""

from pathlib import Path

from dashboard.provenance import signing
from dashboard.provenance.signing import FileToSign
from dashboard.uploads.provider_files import CheckedVideo, Stills
from videos.exports.files import get_local_path
from videos.models import Export, Video

Kind = Export.Kind
MADE = "A portrait was animated, so that it speaks a recorded voice."
MASK = "Shows where the person is in the video."
CUTOUT = "The person of the video without the background."
STILL = "One picture of the video."
EXPORTS: dict[str, str] = {
    Kind.LOOK: "Background, shape or size of the video were changed.",
    Kind.WEBM: CUTOUT,
    Kind.MOV: CUTOUT,
    Kind.WEBP: CUTOUT,
    Kind.GIF: "The video as an animation without sound.",
    Kind.SOUND: "The sound of the video. The voice is the recording that was uploaded.",
}


def mark_as_synthetic(
    video: Video, path: Path, mask: Path | None, film: CheckedVideo, source_type: str
) -> None:
    """Mark and sign the checked files of a new video in place, before they are stored."""
    title = video.title
    files = [
        FileToSign(path, title, MADE, ingredients=_list_ingredients(video, path.parent)),
        FileToSign(film.stills.poster, title, STILL),
        # Galleries show many of them, and nobody downloads them: the credentials would be a tenth of each.
        FileToSign(film.stills.thumbnail, title, STILL, is_signed=False),
    ]
    if mask:
        files.append(FileToSign(mask, f"{title} mask", MASK))
    if film.cutout:
        files.append(FileToSign(film.cutout, title, CUTOUT))
    signing.sign(files, source_type=source_type)


def _list_ingredients(video: Video, folder: Path) -> tuple[Path, ...]:
    """What the uploaded portrait said about itself, if it did."""
    if not video.avatar or not video.avatar.credentials:
        return ()
    try:
        return (get_local_path(video.avatar.credentials, folder),)
    except FileNotFoundError:
        return ()


def sign_mask(video: Video, mask: Path, cutout: Path) -> None:
    """Mark and sign a mask that came later than its video, and what was cut out with it."""
    files = [FileToSign(mask, f"{video.title} mask", MASK), FileToSign(cutout, video.title, CUTOUT)]
    signing.sign(files, source_type=video.digital_source_type)


def sign_export(video: Video, kind: str, target: Path, *, parent: Path) -> int:
    """Mark and sign a file made from the stored video `parent`; returns its new size in bytes."""
    file = FileToSign(target, video.title, EXPORTS[kind], parent=parent, parent_title=video.title)
    signing.sign([file], source_type=video.digital_source_type)
    return target.stat().st_size


def sign_stills(video: Video, stills: Stills, *, parent: Path) -> None:
    """Mark poster and thumbnail, taken from the video file `parent`, and sign the poster."""
    title = video.title
    signing.sign(
        [
            FileToSign(stills.poster, title, STILL, parent=parent, parent_title=title),
            FileToSign(stills.thumbnail, title, STILL, is_signed=False),
        ],
        source_type=video.digital_source_type,
    )
