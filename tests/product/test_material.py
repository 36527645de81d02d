"""The collection of nasty files through the upload pages of the running product, up to the finished video.

MATERIAL names the folder that holds nasty/; skipped without it. The essential ones are repeated with files of our
own in tests/dashboard/test_uploads_*.py.
"""

import json
import os
from pathlib import Path

import pytest
import requests

from tests.consent import PORTRAIT, VOICE
from tests.product.running import Product, until

ROOT = Path(os.environ.get("MATERIAL") or "/nonexistent") / "nasty"
CASES = json.loads((ROOT / "manifest.json").read_text()) if (ROOT / "manifest.json").exists() else []

# What some of them are told.
WORDS = {
    "images/face_90px.jpg": "too small (38 pixels)",  # 1600 pixels wide, the face is 38
    "images/cat.jpg": "could not find a person's face",
    "images/landscape.jpg": "could not find a person's face",
    "images/one_pixel.png": "at least 64 pixels",
}

pytestmark = [
    pytest.mark.material,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not CASES, reason="MATERIAL names no folder with nasty/manifest.json"),
]

SIGN_IN = """
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from dashboard.models import User
user = User.objects.filter(email="nasty@example.com").first() or User.objects.create_user(
    "nasty@example.com", "a long password", name="Nasty")
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
print(json.dumps([settings.SESSION_COOKIE_NAME, session.session_key, settings.CSRF_COOKIE_NAME]))
"""


class Creator:
    """Somebody signed in who uploads files as the pages' script does."""

    def __init__(self, product: Product) -> None:
        self.product = product
        name, key, self.csrf = product.ask(SIGN_IN)
        self.session = requests.Session()
        self.session.cookies[name] = key
        self.session.get(f"{product.url}/avatars/", timeout=30)

    def post(self, path: str, field: str, file: Path) -> requests.Response:
        consent = PORTRAIT if field == "portraits" else VOICE
        headers = {"X-CSRFToken": self.session.cookies[self.csrf], "HX-Request": "true"}
        with file.open("rb") as content:
            files = {field: (file.name, content)}
            return self.session.post(
                self.product.url + path, data=consent, files=files, headers=headers, timeout=60
            )

    def upload_all(self, path: str, field: str, table: str, cases: list[dict]) -> dict[str, int | str]:
        """For each file the number of its new row, or the sentence that refused it."""
        found: dict[str, int | str] = {}
        for case in cases:
            answer = self.post(path, field, ROOT / case["file"])
            assert answer.status_code in {200, 422}, (case, answer.status_code)
            assert "HX-Redirect" not in answer.headers, "sent to the sign-in page"
            newest = self.product.row(f"SELECT max(id) AS id FROM {table}")["id"]
            found[case["file"]] = newest if answer.status_code == 200 else answer.text
        return found


def judge(expected: str, ended: str, sentence: str, words: str = "") -> str:
    """What is wrong with how it ended; empty if it ended as expected."""
    fine = {"ready": "ready" in expected or "finished" in expected or "warned" in expected}
    fine["refused"] = "refus" in expected
    if not fine[ended]:
        return f"expected {expected}, but it was {ended} ({sentence})"
    if words not in sentence:
        return f"it should say {words!r}, not {sentence!r}"
    if ended == "refused" and not (sentence.endswith(".") and len(sentence) > 10):
        return f"no sentence for a person: {sentence!r}"
    return ""


def settled(product: Product, table: str) -> bool:
    active = "('waiting', 'sending', 'making', 'copying')"
    return product.row(f"SELECT count(*) AS n FROM {table} WHERE state IN {active}")["n"] == 0


def test_every_picture_and_every_sound_ends_as_it_should(product: Product):
    # Other tests kill processes; what those leave is swept away later and is not counted here.
    left_before = set((product.data / "tmp").iterdir())
    files_before = stray_files(product)
    creator = Creator(product)
    pictures = [case for case in CASES if case["file"].startswith("images/")]
    sounds = [case for case in CASES if case["file"].startswith("audio/")]

    uploaded = creator.upload_all("/avatars/upload/", "portraits", "avatars_avatar", pictures)
    assert until(lambda: settled(product, "avatars_avatar"), 300, every=1)
    wrong = {}
    for case in pictures:
        state, sentence = "refused", uploaded[case["file"]]
        if isinstance(sentence, int):
            row = product.row("SELECT state, error FROM avatars_avatar WHERE id = ?", sentence)
            state, sentence = ("ready" if row["state"] == "ready" else "refused"), row["error"]
        wrong[case["file"]] = judge(case["expect"], state, sentence, WORDS.get(case["file"], ""))

    heard = creator.upload_all("/videos/voices/new/", "sound", "videos_voice", sounds)
    avatar = uploaded["images/good.jpg"]
    made = product.ask(
        f"""
from django.db import transaction
from videos.models import Video, Voice
import videos.tasks
made = {{}}
for file, voice in {heard!r}.items():
    if isinstance(voice, int):
        with transaction.atomic():
            video = Video.objects.create(title=file, avatar_id={avatar}, voice_id=voice)
            videos.tasks.start(video)
        made[file] = video.pk
print(json.dumps(made))
"""
    )
    assert until(lambda: settled(product, "videos_video"), 600, every=1)
    for case in sounds:
        state, sentence = "refused", heard[case["file"]]
        if case["file"] in made:
            row = product.row("SELECT state, error FROM videos_video WHERE id = ?", made[case["file"]])
            state, sentence = ("ready" if row["state"] == "ready" else "refused"), row["error"]
        wrong[case["file"]] = judge(case["expect"], state, sentence)

    assert {file: problem for file, problem in wrong.items() if problem} == {}
    assert until(lambda: set((product.data / "tmp").iterdir()) <= left_before, 30)
    assert stray_files(product) <= files_before
    assert_the_web_process_has_not_grown(product)


def stray_files(product: Product) -> set[str]:
    """Stored files that no row knows."""
    media = product.data / "media"
    on_disk = {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}
    in_rows = product.ask(
        """
from avatars.models import Avatar
from videos.models import Backdrop, Export, Video, Voice
from engine.models import Render, Rig
print(json.dumps([
    file for model in (Avatar, Backdrop, Export, Video, Voice, Rig, Render)
    for field in model._meta.get_fields() if hasattr(field, "upload_to")
    for file in model.objects.values_list(field.name, flat=True) if file
]))
"""
    )
    return on_disk - set(in_rows)


def assert_the_web_process_has_not_grown(product: Product) -> None:
    for pid in product.pids("gunicorn dashboard.wsgi"):
        resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        assert resident < 250 * 2**20, resident
