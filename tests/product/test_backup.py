"""A backup of the running product, with work going on, becomes another installation in which that work is finished."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.product.running import Product, running, until
from tests.product.test_crashes import UPLOAD, avatar, avatar_state, rendering, speech, video  # noqa: F401

pytestmark = [pytest.mark.long, pytest.mark.slow]


def test_work_that_was_going_on_is_finished_in_the_restored_installation(product, avatar, speech, tmp_path):  # noqa: F811
    waiting = product.ask(UPLOAD + "print(new_avatar())")
    making = product.ask(UPLOAD + f"print(new_video({avatar}, {str(speech)!r}))")
    assert until(lambda: rendering(product, making), 60, every=0.1)
    product.manage("backup", str(tmp_path / "backup.tar"))

    copy = Product(product.process, tmp_path / "copy", "http://127.0.0.1:1", product.output)
    copy.manage("restore", str(tmp_path / "backup.tar"))
    assert_files_are_there(copy.data)
    with running(copy.data) as restored:
        assert until(lambda: avatar_state(restored, waiting) == "ready", 90), avatar_state(restored, waiting)
        until(lambda: video(restored, making)["state"] in {"ready", "failed"}, 120, every=1)
        assert video(restored, making)["state"] == "ready", video(restored, making)
        assert_one_render(restored, making)
    assert until(
        lambda: video(product, making)["state"] == "ready", 120, every=1
    )  # the first one is undisturbed


def test_a_running_installation_is_not_restored_over(product, tmp_path):
    product.manage("backup", str(tmp_path / "backup.tar"))
    with pytest.raises(AssertionError, match="Stop it first"):
        product.manage("restore", str(tmp_path / "backup.tar"), "--replace")


def assert_files_are_there(data: Path) -> None:
    """The files of finished rows; an export that is being made is named before it is written."""
    with closing(sqlite3.connect(data / "db.sqlite3")) as database:
        for table, column in (
            ("avatars_avatar", "portrait"),
            ("avatars_avatar", "preview"),
            ("videos_voice", "sound"),
            ("videos_video", "video"),
            ("engine_rig", "rig"),
            ("engine_render", "video"),
        ):
            for (name,) in database.execute(f"SELECT {column} FROM {table} WHERE {column} != ''"):
                assert (data / "media" / name).exists(), (table, column, name)


def assert_one_render(product: Product, pk: int) -> None:
    ref = video(product, pk)["remote_id"]
    count = product.row("SELECT count(*) AS number FROM engine_render WHERE public_id = ?", ref)
    assert count["number"] == 1
