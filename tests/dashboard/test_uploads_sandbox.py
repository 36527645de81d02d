"""The child process: what it may not do, and what is left of it. And files damaged at random."""

import io
import os
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from dashboard.uploads import UploadError, portraits, provider_files, sandbox, voices
from tests.dashboard.test_uploads_voices import encoded

pytestmark = pytest.mark.slow

QUICK = sandbox.Limits(memory=512 * 2**20, seconds=1, file=2**20)


def modules_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_the_calling_process_imports_no_decoder():
    loaded = modules_after("from dashboard.uploads import UploadError, portraits, voices, provider_files")
    assert not loaded & {"PIL", "av", "numpy", "pillow_heif"}


def test_the_child_imports_no_django():
    loaded = modules_after("from dashboard.uploads.decoder import pictures, sounds, videos")
    assert "django" not in loaded


def test_a_decoder_that_never_comes_back_is_ended(tmp_path):
    endless = tmp_path / "endless"
    os.mkfifo(endless)  # opening it waits for a writer that never comes
    started = time.monotonic()
    with sandbox.work_folder() as work, pytest.raises(UploadError, match=r"^Unreadable\.$"):
        sandbox.run("portrait", endless, work, QUICK, unreadable="Unreadable.")
    assert time.monotonic() - started < 6


def test_an_output_beyond_the_limit_ends_in_the_sentence(monkeypatch, tmp_path):
    path = tmp_path / "long.flac"
    path.write_bytes(encoded("flac", "flac", seconds=60))
    monkeypatch.setattr(voices, "LIMITS", sandbox.Limits(memory=2**30, seconds=20, file=2**20))
    with pytest.raises(UploadError, match="could not be read"), voices.convert(path):
        pass


def test_the_child_knows_nothing_of_our_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("CG_AVATAR_API_TOKEN", "secret")
    assert not any("secret" in value for value in sandbox.environment(tmp_path).values())


def test_many_uploads_at_once_take_turns(monkeypatch):
    running, most = [], []
    real = sandbox._run_child

    def counted(*args):
        running.append(1)
        most.append(len(running))
        try:
            return real(*args)
        finally:
            running.pop()

    monkeypatch.setattr(sandbox, "_run_child", counted)
    out = io.BytesIO()
    Image.new("RGB", (300, 300)).save(out, "PNG")

    def upload(_: int) -> int:
        with portraits.convert(ContentFile(out.getvalue())) as portrait:
            return portrait.width

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(upload, range(12))) == [300] * 12
    assert max(most) <= sandbox.MAX_CHILDREN


# ---------------------------------------------------------------- files damaged at random
def damaged(content: bytes, seed: int) -> bytes:
    dice = random.Random(seed)
    broken = bytearray(content)
    if seed % 3 != 1:
        for _ in range(dice.choice([1, 5, 50, 500])):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
    if seed % 3 != 0:
        del broken[dice.randrange(1, len(broken)) :]
    return bytes(broken)


def pictures() -> list[bytes]:
    image = Image.effect_noise((240, 200), 60).convert("RGB")
    made = []
    for kind in ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF", "BMP"):
        out = io.BytesIO()
        image.save(out, kind)
        made.append(out.getvalue())
    return made


def sounds() -> list[bytes]:
    kinds = [
        ("wav", "pcm_s16le"),
        ("mp3", "libmp3lame"),
        ("mp4", "aac"),
        ("ogg", "libopus"),
        ("flac", "flac"),
    ]
    return [encoded(container, codec, seconds=0.5) for container, codec in [*kinds, ("webm", "libopus")]]


def left_behind() -> set[Path]:
    """Temporary files of uploads; other tests of this process may have kept some."""
    return set(Path(sandbox.settings.DATA_DIR / "tmp").glob("upload-*"))


@pytest.mark.parametrize("kind", ["portrait", "voice", "video"])
def test_damaged_files_are_read_or_refused_and_nothing_else(kind, tmp_path):
    before = left_behind()
    originals = pictures() if kind == "portrait" else sounds()

    def attempt(seed: int) -> str:
        path = tmp_path / str(seed)
        path.write_bytes(damaged(originals[seed % len(originals)], seed))
        try:
            if kind == "video":
                return str(provider_files.check_video(path, tmp_path))
            with (portraits if kind == "portrait" else voices).convert(path) as taken:
                return str(taken)
        except UploadError as error:
            return str(error)

    started = time.monotonic()
    with ThreadPoolExecutor(sandbox.MAX_CHILDREN) as pool:
        outcomes = list(pool.map(attempt, range(int(os.environ.get("FUZZ", "18")))))
    assert all(outcomes)
    assert time.monotonic() - started < len(outcomes) * 5
    assert left_behind() == before
