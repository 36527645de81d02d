"""Pictures that cameras, programs and strangers make."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pillow_heif
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from PIL import Image, ImageCms, ImageDraw

from dashboard.uploads import UploadError, portraits

pytestmark = pytest.mark.slow

pillow_heif.register_heif_opener()
RED, BLUE = (200, 40, 40), (40, 60, 200)


def sample(width: int = 400, height: int = 300) -> Image.Image:
    """Red at the left, blue at the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@pytest.fixture
def take(tmp_path) -> Callable[..., tuple[Image.Image, portraits.ConvertedPortrait]]:
    def taken(content: bytes | Path, filename: str = "photo.jpg"):
        source = content if isinstance(content, Path) else SimpleUploadedFile(filename, content)
        with portraits.convert(source) as portrait:
            image = Image.open(portrait.path)
            image.load()
            return image, portrait

    return taken


def near(colour: tuple[int, ...], other: tuple[int, ...], by: int = 12) -> bool:
    return all(abs(a - b) <= by for a, b in zip(colour, other, strict=True))


def left_and_right(image: Image.Image) -> tuple[tuple[int, ...], tuple[int, ...]]:
    width, height = image.size
    return image.getpixel((width // 4, height // 2)), image.getpixel((width * 3 // 4, height // 2))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF", "TIFF", "BMP", "GIF"])
def test_the_usual_formats_become_an_rgb_jpeg(take, kind):
    image, portrait = take(encoded(sample(), kind), "name that says nothing.txt")
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (400, 300))
    assert (portrait.width, portrait.height) == (400, 300)
    left, right = left_and_right(image)
    assert near(left, RED)
    assert near(right, BLUE)


def test_it_comes_with_a_thumbnail_and_a_colour(settings):
    with portraits.convert(SimpleUploadedFile("a.png", encoded(sample(2000, 1000), "PNG"))) as portrait:
        with Image.open(portrait.thumbnail) as small:
            assert (small.format, small.size) == ("WEBP", (640, 320))
        assert portrait.colour[0] == "#"
        mean = tuple(bytes.fromhex(portrait.colour[1:]))
        assert near(mean, (120, 50, 120))
        folder = portrait.path.parent
        assert folder.is_relative_to(settings.DATA_DIR / "tmp")
    assert not folder.exists()


def test_a_file_on_disk_is_read_where_it_is(take, tmp_path):
    path = tmp_path / "me.png"
    path.write_bytes(encoded(sample(), "PNG"))
    image, _ = take(path)
    assert image.size == (400, 300)
    upload = TemporaryUploadedFile("me.png", "image/png", path.stat().st_size, None)
    upload.write(path.read_bytes())
    upload.flush()
    with portraits.convert(upload) as portrait:
        assert portrait.width == 400


def test_a_sideways_photo_is_turned_upright_and_tells_no_place(take):
    upright = sample(300, 400)
    exif = Image.Exif()
    exif[0x0112] = 6  # stored sideways: turn it clockwise to show it
    exif[0x010F] = "SECRETCAMERA"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    sideways = upright.transpose(Image.Transpose.ROTATE_90)
    image, _ = take(encoded(sideways, "JPEG", exif=exif, comment=b"SECRETCOMMENT"))
    assert image.size == (300, 400)
    left, right = left_and_right(image)
    assert near(left, RED)
    assert near(right, BLUE)
    assert not image.getexif()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_nothing_of_the_original_bytes_survives(settings):
    content = encoded(sample(), "JPEG", comment=b"SECRET") + b"<script>SECRET</script>"
    with portraits.convert(SimpleUploadedFile("a.jpg", content)) as portrait:
        assert b"SECRET" not in portrait.path.read_bytes() + portrait.thumbnail.read_bytes()


def test_print_colours_stay_natural(take):
    image, _ = take(encoded(sample().convert("CMYK"), "JPEG"))
    left, right = left_and_right(image)
    assert near(left, RED)
    assert near(right, BLUE)


def test_a_colour_profile_is_applied(take):
    # In this profile the first channel is what sRGB calls blue.
    swapped = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for at in range(132, 132 + 12 * struct.unpack(">I", swapped[128:132])[0], 12):
        name = bytes(swapped[at : at + 4])
        swapped[at : at + 4] = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(name, name)
    image, _ = take(encoded(sample(), "PNG", icc_profile=bytes(swapped)))
    left, _ = left_and_right(image)
    assert near(left, RED[::-1])


def test_a_profile_that_does_not_fit_is_ignored(take):
    for profile in (b"nonsense", ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()):
        image, _ = take(encoded(sample(), "PNG", icc_profile=profile))
        assert near(left_and_right(image)[0], RED)


def test_what_is_transparent_becomes_light_without_a_dark_rim(take):
    cut_out = Image.new(
        "RGBA", (400, 400), (0, 0, 0, 0)
    )  # black where nothing is seen, as most programs save it
    big = Image.new("L", (1600, 1600), 0)
    ImageDraw.Draw(big).ellipse((200, 200, 1400, 1400), fill=255)
    disc = Image.new("RGB", (400, 400), (230, 200, 180))
    cut_out.paste(disc, mask=None)
    cut_out.putalpha(big.resize((400, 400), Image.Resampling.LANCZOS))
    image, _ = take(encoded(cut_out, "PNG"))
    assert min(image.getpixel((5, 5))) > 220
    assert near(image.getpixel((200, 200)), (230, 200, 180))
    assert min(low for low, _ in image.getextrema()) > 165  # nothing darker than the disc itself


def test_grey_with_sixteen_bits_keeps_its_shades(take):
    row = struct.pack("<400H", *(x * 65535 // 399 for x in range(400)))
    ramp = Image.frombytes("I;16", (400, 300), row * 300)
    image, _ = take(encoded(ramp, "PNG"))
    shades = [image.getpixel((x, 150))[0] for x in (5, 200, 395)]
    assert shades[0] < 10
    assert 118 < shades[1] < 138
    assert shades[2] > 245


@pytest.mark.parametrize(
    ("mode", "kind"), [("1", "PNG"), ("L", "PNG"), ("P", "PNG"), ("LA", "PNG"), ("P", "GIF")]
)
def test_few_colours_are_enough(take, mode, kind):
    image, _ = take(encoded(sample().convert(mode), kind))
    assert (image.mode, image.size) == ("RGB", (400, 300))
    if mode == "P":
        assert near(left_and_right(image)[0], RED, by=30)


def test_an_animation_is_its_first_picture(take):
    image, _ = take(encoded(sample(), "GIF", save_all=True, append_images=[Image.new("RGB", (400, 300))]))
    assert near(left_and_right(image)[0], RED, by=20)


def test_a_very_large_photo_is_made_smaller(take, settings):
    settings.MAX_PORTRAIT_SIDE = 1000
    image, portrait = take(encoded(sample(3000, 1500), "JPEG"))
    assert image.size == (portrait.width, portrait.height) == (1000, 500)


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that unpacks to width x height black pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = b"\0" * (width // 8 + 1)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_a_bomb_is_refused_from_its_header_alone(take, monkeypatch):
    # Under a limit in which its 900 million pixels could never be decoded.
    small = portraits.sandbox.Limits(memory=400 * 2**20, seconds=5, file=2**20)
    monkeypatch.setattr(portraits, "LIMITS", small)
    with pytest.raises(UploadError, match=r"too large \(30000 × 30000 pixels\)"):
        take(bomb(30000, 30000))


def test_a_picture_that_needs_more_memory_than_there_is_ends_in_a_sentence(take, monkeypatch):
    small = portraits.sandbox.Limits(memory=250 * 2**20, seconds=10, file=2**20)
    monkeypatch.setattr(portraits, "LIMITS", small)
    with pytest.raises(UploadError, match="could not be read"):
        take(encoded(Image.new("RGB", (7000, 7000)), "PNG"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b"just some words\n" * 50, "not a picture we can read"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 400 300\n", "not a picture"),
        (b"\xff\xd8\xff" + b"\0" * 400, "damaged"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (encoded(sample(), "JPEG")[:-800], "damaged"),
        (encoded(sample(), "PNG")[:-400], "damaged"),
        (encoded(Image.new("RGB", (1, 1)), "PNG"), "too small"),
        (encoded(sample(60, 200), "JPEG"), "too small"),
        (encoded(sample(10000, 1), "PNG"), "narrow strip"),
    ],
)
def test_what_is_no_usable_picture_is_refused_in_words(take, content, sentence):
    with pytest.raises(UploadError, match=sentence):
        take(content)


def test_a_file_beyond_the_limit_is_not_even_opened(take, settings):
    settings.MAX_PORTRAIT_BYTES = 2**20
    with pytest.raises(UploadError, match=r"2\.0 MB large\. The limit is 1 MB"):
        take(b"\xff\xd8\xff" + b"\0" * (2 * 2**20))


def test_a_thumbnail_that_nobody_wants_is_not_made(tmp_path):
    path = tmp_path / "portrait.png"
    Image.new("RGB", (400, 500), (90, 120, 60)).save(path)
    with portraits.convert(path, with_thumbnail=False) as taken:
        assert (taken.width, taken.height, taken.thumbnail) == (400, 500, None)
        assert not list(taken.path.parent.glob("*.webp"))
