"""What a child that opens files of strangers cannot do, where the system knows how to forbid it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.uploads import sandbox

CHILD = """
import json, os, sys
from pathlib import Path
from dashboard.uploads.decoder.confinement import confine
readable, folder, code = sys.argv[1:]
in_force = confine([Path(readable)], [Path(folder)])
try:
    exec(code)
    outcome = "done"
except OSError as error:
    outcome = type(error).__name__
print(json.dumps([in_force, outcome]))
"""


@pytest.fixture
def child(tmp_path, settings):
    """Runs code in a child with a folder `work` of its own and a file `given`; its outcome, and what is in force."""
    (tmp_path / "work").mkdir()
    (tmp_path / "given").write_text("a portrait")
    (tmp_path / "secret").write_text("the database")

    def run(code: str) -> tuple[list[str], str]:
        done = subprocess.run(
            [sys.executable, "-c", CHILD, str(tmp_path / "given"), str(tmp_path / "work"), code],
            capture_output=True,
            text=True,
            check=True,
            cwd=settings.BASE_DIR,
            env=sandbox.environment(tmp_path / "work") | {"FOLDER": str(tmp_path)},
        )
        in_force, outcome = json.loads(done.stdout)
        return in_force, outcome

    return run


@pytest.mark.parametrize(
    "code",
    [
        "open(os.environ['FOLDER'] + '/work/new', 'w').write('x')",
        "os.mkdir(os.environ['FOLDER'] + '/work/folder')",
        "open(os.environ['FOLDER'] + '/given').read()",
        "open('/dev/null', 'w').write('x')",
        "import threading; one = threading.Thread(target=print); one.start(); one.join()",
    ],
)
def test_a_child_can_do_its_work(child, code):
    assert child(code)[1] == "done"


@pytest.mark.parametrize(
    "code",
    [
        "open(os.environ['FOLDER'] + '/other', 'w')",
        "open(os.environ['FOLDER'] + '/secret').read()",
        "os.listdir(os.environ['FOLDER'])",
        "open(os.environ['FOLDER'] + '/given', 'a')",
        "os.unlink(os.environ['FOLDER'] + '/secret')",
        "os.rename(os.environ['FOLDER'] + '/secret', os.environ['FOLDER'] + '/work/secret')",
        "os.symlink(os.environ['FOLDER'] + '/secret', os.environ['FOLDER'] + '/work/link');"
        "open(os.environ['FOLDER'] + '/work/link').read()",
        f"open({str(Path(__file__))!r}).read()",
    ],
)
def test_a_child_touches_no_other_files(child, code):
    in_force, outcome = child(code)
    if "files" not in in_force:
        pytest.skip("this kernel has no landlock")
    assert outcome == "PermissionError"


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.socket()",
        "import socket; socket.socket(socket.AF_UNIX)",
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import subprocess; subprocess.run(['/bin/true'])",
        "os.kill(os.getppid(), 0)",
    ],
)
def test_a_child_has_no_network_and_starts_nothing(child, code):
    in_force, outcome = child(code)
    if "calls" not in in_force:
        pytest.skip("there is no libseccomp here")
    assert outcome == "PermissionError"
