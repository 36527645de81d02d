"""Decoding pictures with Pillow and writing them anew."""

import contextlib
import importlib
import io
from pathlib import Path
from typing import Any, cast

from PIL import Image, ImageCms, ImageOps

from dashboard.uploads.decoder import FileRefused

NOT_A_PICTURE = "This is not a picture we can read. Use a photo saved as JPEG, PNG, WebP or HEIC."
CUT_OFF = "This picture is damaged or was cut off on its way. Upload it again, or save it again as JPEG."
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
# Behind transparent parts: light grey, like a studio wall.
BACKGROUND = (236, 236, 236)
PLUGINS = {name: f"PIL.{name.title()}ImagePlugin" for name in ("AVIF", "BMP", "GIF", "JPEG", "PNG", "TIFF")}
PLUGINS |= {"WEBP": "PIL.WebPImagePlugin", "HEIF": "dashboard.uploads.decoder.heif"}


def convert_portrait(request: dict[str, Any]) -> dict[str, Any]:
    """Write portrait.jpg and, if wanted, thumbnail.webp. Raises FileRefused."""
    image = _open(request)
    _check_shape(image.size, request)
    side = request["max_side"]
    image = _normalize(image, side)
    work = Path(request["work"])
    # A new image has no EXIF, no comment and no profile that could be written.
    image.save(work / "portrait.jpg", "JPEG", quality=92, subsampling=0, exif=b"", comment=b"")
    width, height = image.size
    if not request["thumbnail_side"]:
        return {"width": width, "height": height}
    return {
        "width": width,
        "height": height,
        "colour": write_thumbnail(image, work / "thumbnail.webp", request),
    }


def convert_backdrop(request: dict[str, Any]) -> dict[str, Any]:
    """A picture of any shape: it is later cropped to the frame."""
    image = _open(request)
    if min(image.size) < request["min_side"]:
        raise FileRefused(
            f"This picture is too small ({image.width} × {image.height} pixels). "
            f"Both sides need at least {request['min_side']} pixels, better 1080."
        )
    image = _normalize(image, request["max_side"])
    work = Path(request["work"])
    image.save(work / "backdrop.jpg", "JPEG", quality=90, exif=b"", comment=b"")
    width, height = image.size
    return {
        "width": width,
        "height": height,
        "colour": write_thumbnail(image, work / "thumbnail.webp", request),
    }


def convert_cutout(request: dict[str, Any]) -> dict[str, Any]:
    """The picture with its alpha channel, which the other jobs here remove."""
    image = _open(request)
    _load(image)
    if not image.has_transparency_data:
        raise FileRefused("This picture has no transparent parts.")
    profile = image.info.get("icc_profile")
    image = _rotate_upright(image).convert("RGBA")
    alpha = image.getchannel("A")
    if alpha.getextrema()[1] == 0:
        raise FileRefused("There is nothing in this picture.")
    image = _to_srgb(image.convert("RGB"), profile)
    image.putalpha(alpha)
    image.thumbnail((request["max_side"],) * 2, Image.Resampling.LANCZOS, reducing_gap=2.0)
    plain = Image.new("RGBA", image.size)
    plain.paste(image)
    write_cutout(plain, Path(request["work"]) / "cutout.webp")
    return {"width": image.width, "height": image.height}


def write_cutout(image: Image.Image, target: Path) -> None:
    image.save(target, "WEBP", quality=88, alpha_quality=95, method=4, exif=b"", icc_profile=b"")


def write_thumbnail(image: Image.Image, target: Path, request: dict[str, Any]) -> str:
    """Save the picture as a small WebP (the image itself is shrunk). Returns its mean colour."""
    side = request["thumbnail_side"]
    image.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    image.save(target, "WEBP", quality=82, method=4, exif=b"", icc_profile=b"")
    return mean_colour(image)


def mean_colour(image: Image.Image) -> str:
    # A picture of three channels has a pixel of three numbers; Pillow types it for all modes at once.
    red, green, blue = cast(
        "tuple[int, int, int]", image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    )
    return f"#{red:02x}{green:02x}{blue:02x}"


# ---------------------------------------------------------------- opening
def sniff(head: bytes) -> str:
    """Pillow's name of the format, or an empty string. The file's name says nothing."""
    for magic, name in (
        (b"\xff\xd8\xff", "JPEG"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"GIF8", "GIF"),
        (b"BM", "BMP"),
        (b"II*\0", "TIFF"),
        (b"MM\0*", "TIFF"),
    ):
        if head.startswith(magic):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":
        size = min(int.from_bytes(head[:4], "big"), len(head))
        brands = {head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))}
        if brands & {b"avif", b"avis"}:
            return "AVIF"
        if brands & HEIF_BRANDS:
            return "HEIF"
    return ""


def _open(request: dict[str, Any]) -> Image.Image:
    """The picture with only its header read. Raises FileRefused, also when it is too large to decode."""
    path = request["source"]
    with open(path, "rb") as file:
        name = sniff(file.read(256))
    if not name:
        raise FileRefused(NOT_A_PICTURE)
    # Otherwise Pillow imports all its plugins to find those of the less common formats.
    importlib.import_module(PLUGINS[name])
    Image.MAX_IMAGE_PIXELS = None  # the check below is stricter and has a plain sentence
    try:
        image = Image.open(path, formats=[name])
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise FileRefused(CUT_OFF) from error
    width, height = image.size
    if width * height > request["max_pixels"]:
        limit = request["max_pixels"] // 1_000_000
        raise FileRefused(
            f"This picture is too large ({width} × {height} pixels). The limit is {limit} megapixels. "
            "Make it smaller and try again."
        )
    return image


def _check_shape(size: tuple[int, int], request: dict[str, Any]) -> None:
    width, height = size
    if max(size) > request["max_aspect"] * min(size):
        raise FileRefused(
            f"This picture is a narrow strip ({width} × {height} pixels). Use a photo that shows one face."
        )
    if min(size) < request["min_side"]:
        raise FileRefused(
            f"This picture is too small ({width} × {height} pixels). "
            f"Both sides need at least {request['min_side']} pixels, better 600."
        )


# ---------------------------------------------------------------- making it plain
def _normalize(image: Image.Image, side: int) -> Image.Image:
    """Decoded, upright, in sRGB, without transparency and metadata, no side longer than `side`."""
    image.draft(None, (side, side))  # JPEG alone: decoded at 1/2, 1/4 or 1/8 if that is still enough
    _load(image)
    profile = image.info.get("icc_profile")
    image = _rotate_upright(image)
    image = _to_eight_bit(image)
    alpha = None
    if image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        image = image.convert("RGB")
    elif image.mode not in ("RGB", "L", "CMYK", "LAB"):
        image = image.convert("RGB")
    image = _to_srgb(image, profile)
    if alpha is not None:
        # Before resizing, so that the colour of transparent parts does not bleed into the edge.
        background = Image.new("RGB", image.size, BACKGROUND)
        background.paste(image, mask=alpha)
        image = background
    image.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    plain = Image.new("RGB", image.size)
    plain.paste(image)
    return plain


def _load(image: Image.Image) -> None:
    try:
        image.load()
    except (OSError, ValueError, SyntaxError, EOFError, IndexError) as error:
        raise FileRefused(CUT_OFF) from error


def _rotate_upright(image: Image.Image) -> Image.Image:
    # Broken EXIF data is ignored.
    with contextlib.suppress(OSError, ValueError, SyntaxError, TypeError, KeyError, ZeroDivisionError):
        ImageOps.exif_transpose(image, in_place=True)  # in place: otherwise it copies every picture
    return image


def _to_rgb(image: Image.Image) -> Image.Image:
    return image if image.mode == "RGB" else image.convert("RGB")  # convert() would copy it


def _to_eight_bit(image: Image.Image) -> Image.Image:
    """Grey with 16 or 32 bits, integer or float, scaled to 8: Pillow's own conversion would clip it to white."""
    if image.mode not in ("I", "F") and not image.mode.startswith("I;"):
        return image
    brightest = cast("tuple[float, float]", image.getextrema())[1]  # one channel
    if image.mode == "F" and brightest <= 1:
        scale = 255.0
    elif brightest <= 255:
        scale = 1.0
    elif brightest <= 65535:
        scale = 1 / 257
    else:
        scale = 255 / brightest
    image = image.convert("F").point(lambda value: value * scale + 0.5)
    return image.convert("L")


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if image.mode == "LAB":
        profile = None
        source: ImageCms.ImageCmsProfile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    elif profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        except (OSError, ImageCms.PyCMSError):
            return _to_rgb(image)
    else:
        return _to_rgb(image)
    try:
        converted = ImageCms.profileToProfile(
            image,
            source,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (OSError, ValueError, ImageCms.PyCMSError):
        return _to_rgb(image)  # the profile does not fit the picture
    return converted or _to_rgb(image)
