"""Every kind of file is signed, read back with the library itself, and changed by one byte."""

import json
import shutil
from pathlib import Path

import av
import c2pa
import pytest
from PIL import Image

from dashboard.provenance import certificates, reading, signing
from dashboard.provenance.reading import Verdict
from dashboard.provenance.source_types import COMPOSITE_SYNTHETIC
from dashboard.uploads import UploadError
from dashboard.uploads.decoder.content_credentials import MIME_TYPES
from tests.provenance.kinds import CARRIED, make

pytestmark = pytest.mark.slow

MAX_BYTES = 10**8


def sign(path: Path, **fields) -> bool:
    file = signing.FileToSign(path, "Ada: Hello", "A portrait was animated.", **fields)
    return signing.sign([file], source_type=COMPOSITE_SYNTHETIC)


def read(path: Path) -> reading.Credentials:
    return reading.read(path, max_bytes=MAX_BYTES)


def flip_byte(path: Path, at: int) -> Path:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    changed = path.with_name(f"changed{path.suffix}")
    changed.write_bytes(data)
    return changed


@pytest.fixture(params=CARRIED)
def signed(request, tmp_path) -> Path:
    path = make(tmp_path, request.param)
    shutil.copy(path, path.with_name("plain"))
    assert sign(path)
    return path


def find_content(signed: Path, share: float) -> int:
    """Where something of the plain file is in the signed one. (The padding of a signature covers nothing.)"""
    plain = signed.with_name("plain").read_bytes()
    at = int(len(plain) * share)
    return signed.read_bytes().index(plain[at : at + 12])


def test_the_library_finds_a_valid_signature_that_names_the_source_type(signed):
    with signed.open("rb") as stream:
        reader = c2pa.Reader(MIME_TYPES[signed.suffix[1:]], stream)
        report = json.loads(reader.json())
    manifest = report["manifests"][report["active_manifest"]]
    # Nobody else knows our authority: that is the only complaint.
    failures = [item["code"] for item in report["validation_results"]["activeManifest"]["failure"]]
    assert failures == ["signingCredential.untrusted"]
    assert manifest["title"] == "Ada: Hello"
    assert manifest["claim_generator_info"][0]["name"] == "Talking avatars"
    actions = next(a for a in manifest["assertions"] if a["label"].startswith("c2pa.actions"))["data"]
    assert actions["actions"][0]["digitalSourceType"] == COMPOSITE_SYNTHETIC


def test_a_signed_file_is_known_as_made_here_and_one_changed_byte_is_reported(signed):
    found = read(signed)
    assert (found.verdict, found.title) == (Verdict.MADE_HERE, "Ada: Hello")
    assert found.source_type == COMPOSITE_SYNTHETIC
    assert "made by a computer" in found.source_text
    for share in (0.4, 0.6):
        assert read(flip_byte(signed, find_content(signed, share))).verdict == Verdict.CHANGED_HERE


def test_a_signed_file_still_plays(signed):
    if signed.suffix in (".mp4", ".mov", ".m4a"):
        with av.open(str(signed)) as container:
            assert sum(1 for _ in container.decode(container.streams[0])) > 0
    else:
        with Image.open(signed) as image:
            image.load()
            assert getattr(image, "n_frames", 1) == (2 if signed.suffix in (".gif", ".webp") else 1)


def test_the_source_type_is_also_in_xmp(signed):
    assert COMPOSITE_SYNTHETIC.encode() in signed.read_bytes()
    if signed.suffix in (".jpg", ".png", ".webp"):  # which Pillow finds
        with Image.open(signed) as image:
            image.load()
            assert COMPOSITE_SYNTHETIC.encode() in image.info["xmp"]


def test_webm_is_not_carried_and_gets_a_tag_that_keeps_its_transparency(tmp_path):
    path = make(tmp_path, "webm")
    assert sign(path)
    found = read(path)
    assert (found.verdict, found.source_type) == (Verdict.TAG_ONLY, COMPOSITE_SYNTHETIC)
    with av.open(str(path)) as container:
        assert container.streams.video[0].metadata["ALPHA_MODE"] == "1"
        decoder = av.CodecContext.create("libvpx-vp9", "r")
        frames = [f for packet in container.demux() for f in decoder.decode(packet)]
    assert len(frames) == 5
    assert frames[0].format.name == "yuva420p"


def test_the_video_that_something_was_made_from_is_in_it_with_its_own_credentials(tmp_path):
    video, still = make(tmp_path, "mp4"), make(tmp_path, "jpg")
    assert sign(video)
    assert sign(still, parent=video, parent_title="The video")
    found = read(still)
    assert found.verdict == Verdict.MADE_HERE
    [parent] = found.ingredients
    assert (parent.title, parent.is_parent, parent.has_credentials) == ("The video", True, True)
    assert parent.is_intact


def test_credentials_that_a_file_came_with_are_kept(tmp_path):
    path = make(tmp_path, "mp4")
    assert sign(path)
    assert sign(path)
    found = read(path)
    assert found.verdict == Verdict.MADE_HERE
    assert [item.is_parent for item in found.ingredients] == [True]


def test_a_small_picture_may_be_marked_without_being_signed(tmp_path):
    path = make(tmp_path, "webp")
    assert sign(path, is_signed=False)
    found = read(path)
    assert (found.verdict, found.source_type) == (Verdict.TAG_ONLY, COMPOSITE_SYNTHETIC)


def test_a_file_that_cannot_be_signed_stays_as_it_was(tmp_path, caplog):
    path = tmp_path / "odd.mp4"
    path.write_bytes(b"not a video at all")
    assert not sign(path)
    assert path.read_bytes() == b"not a video at all"
    assert "could not be signed" in caplog.text
    assert [entry.name for entry in tmp_path.iterdir()] == ["odd.mp4"]


def test_the_private_key_is_in_no_file_of_the_work_folder_and_no_argument(tmp_path, monkeypatch):
    seen = []
    run = signing.sandbox.subprocess.run

    def watch(arguments, **options):
        seen.append((arguments, options["env"]))
        return run(arguments, **options)

    monkeypatch.setattr(signing.sandbox.subprocess, "run", watch)
    assert sign(make(tmp_path, "jpg"))
    secret = certificates.get_signer().private_key.splitlines()[1]
    assert seen
    assert secret not in repr(seen)


def test_a_file_without_credentials_says_nothing(tmp_path):
    assert read(make(tmp_path, "png")).verdict == Verdict.NOTHING


def test_broken_credentials_are_reported_and_break_nothing(tmp_path):
    path = make(tmp_path, "jpg")
    assert sign(path)
    data = path.read_bytes()
    cut = tmp_path / "cut.jpg"
    at = data.index(b"jumb")
    cut.write_bytes(data[: at + 40] + b"\xff" * 300 + data[at + 340 :])
    assert read(cut).verdict == Verdict.CHANGED


def test_another_kind_of_file_is_refused_with_a_sentence(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("hello")
    with pytest.raises(UploadError, match="can be checked here"):
        read(path)


def test_a_file_of_another_installation_is_somebody_elses(tmp_path, settings):
    path = make(tmp_path, "png")
    settings.SECRETS_DIR = tmp_path / "other"
    assert sign(path)
    settings.SECRETS_DIR = tmp_path / "third"
    found = read(path)
    assert found.verdict == Verdict.ELSEWHERE
    assert found.issuer.startswith("Talking avatars, Installation ")
    assert read(flip_byte(path, path.stat().st_size - 40)).verdict == Verdict.CHANGED


def test_a_copied_signature_does_not_fit_another_file(tmp_path):
    one, other = make(tmp_path, "jpg"), tmp_path / "other.jpg"
    assert sign(one)
    Image.new("RGB", (64, 64), "red").save(other)
    data = one.read_bytes()
    # All segments of the signed file before its picture, in front of another picture.
    start, own = data.index(b"\xff\xdb"), other.read_bytes()
    forged = shutil.copy(one, tmp_path / "forged.jpg")
    Path(forged).write_bytes(data[:start] + own[own.index(b"\xff\xdb") :])
    assert read(Path(forged)).verdict == Verdict.CHANGED_HERE
