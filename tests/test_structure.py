"""The rules of the house, as far as they can be checked."""

import ast
import graphlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ["dashboard", "avatars", "videos", "engine"]
FOLDERS = [*PACKAGES, "benchmarks", "scripts", "static", "templates", "tests"]
LONGEST_FILE, LONGEST_FUNCTION = 400, 60  # lines


def sources(*suffixes: str) -> Iterator[Path]:
    """What we wrote ourselves, by its path in the repository; migrations write themselves."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes and "migrations" not in path.parts:
                yield path.relative_to(ROOT)


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    # What the test run itself has set must not reach the command.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
    return subprocess.run(
        command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, timeout=120, check=False
    )


def manage(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "manage.py", *arguments, DATA_DIR=str(tmp_path / "data"), **environment)


def test_the_rooms_import_each_other_only_as_drawn():
    done = run(str(Path(sys.executable).with_name("lint-imports")), "--no-cache")
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_a_deployment_with_https_passes_djangos_own_check(tmp_path):
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", PUBLIC_URL="https://a.example")
    assert done.returncode == 0, done.stderr


def test_no_model_is_without_its_migration(db):
    call_command("makemigrations", "--check", "--dry-run")  # says which are missing, and exits


def test_no_file_is_longer_than_one_can_oversee():
    lengths = {path: (ROOT / path).read_text().count("\n") for path in sources(".py", ".js", ".html", ".css")}
    assert len(lengths) > 300
    assert {str(path): lines for path, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_longer_than_a_screen():
    found = {}
    for path in sources(".py"):
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found[f"{path}: {node.name}"] = node.end_lineno - node.lineno + 1
    assert len(found) > 1000
    assert {name: lines for name, lines in found.items() if lines > LONGEST_FUNCTION} == {}


def test_no_module_is_called_like_one_of_the_standard_library():
    names = {str(path): path.parent.name if path.stem == "__init__" else path.stem for path in sources(".py")}
    assert {path for path, name in names.items() if name in sys.stdlib_module_names} == set()


def test_no_modules_import_each_other_in_a_circle():
    graph = grimp.build_graph(*PACKAGES, cache_dir=None, exclude_type_checking_imports=True)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(imports) > 100
    circle: list[str] = []
    try:
        graphlib.TopologicalSorter(imports).prepare()
    except graphlib.CycleError as error:
        circle = error.args[1]
    assert circle == []


def test_no_script_runs_twice_on_a_page():
    """A page has a script under the name with its hash; what imports it has another one. It would be there twice."""
    scripts = {path.name: path.read_text() for path in (ROOT / "static" / "js").glob("*.js")}
    imports = {name: set(re.findall(r'from "\./([\w-]+\.js)"', text)) for name, text in scripts.items()}

    def follow(name: str) -> set[str]:
        return imports[name].union(*(follow(other) for other in imports[name]))

    frame = (ROOT / "templates" / "base.html").read_text()
    for template in (ROOT / "templates").rglob("*.html"):
        loaded = set(re.findall(r"'js/([\w-]+\.js)'", frame + template.read_text()))
        assert not loaded & set().union(*map(follow, loaded)), template


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "http", "PORT must be a whole number, not 'http'."),
        ("PORT", "70000", "PORT must be at most 65535, not 70000."),
        (
            "HOST",
            "no.such.name.invalid",
            "CommandError: HOST=no.such.name.invalid is not an address of this machine.",
        ),
        ("LOG_LEVEL", "loud", "LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL, not 'LOUD'."),
        ("TZ", "Nowhere/City", "TZ must be a time zone like Europe/Berlin, not 'Nowhere/City'."),
    ],
)
def test_a_setting_that_makes_no_sense_is_one_sentence(tmp_path, name, value, sentence):
    done = manage(tmp_path, "launch", **{name: value})
    assert done.returncode != 0
    assert done.stderr.strip() == sentence


@pytest.mark.slow
def test_an_empty_setting_is_the_default(tmp_path):
    code = "from django.conf import settings as s; print(s.HOST, s.PORT, s.LOG_LEVEL, s.TIME_ZONE)"
    done = manage(tmp_path, "shell", "-v0", "-c", code, HOST="", PORT="", LOG_LEVEL="", TZ="")
    assert done.stdout.strip() == "127.0.0.1 8000 INFO UTC", done.stderr


@pytest.mark.slow
def test_a_data_folder_that_is_made_here_is_for_its_owner_alone(tmp_path):
    manage(tmp_path, "check")
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


@pytest.mark.slow
def test_a_taken_port_is_one_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = manage(tmp_path, "launch", PORT=str(taken.getsockname()[1]))
    assert done.returncode != 0
    assert "cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_second_start_says_how_to_stop_the_first_one_also_when_its_window_is_gone(tmp_path):
    """What answers on supervisor's socket is all that `launch` knows of the one that runs already."""
    folder = Path(tempfile.mkdtemp(prefix="run-"))  # short: a socket's name has a limit
    run_folder = folder / "data" / "run"
    run_folder.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as running:
        running.bind(str(run_folder / "supervisor.sock"))
        running.listen()
        (run_folder / "supervisord.pid").write_text("12345\n")
        done = manage(folder, "launch", PORT="8765")
    shutil.rmtree(folder)
    assert done.returncode == 0, done.stderr
    assert "Already running at http://localhost:8765." in done.stdout
    assert "or run: kill 12345" in done.stdout


@pytest.mark.slow
def test_generated_secrets_are_for_their_owner_alone(tmp_path):
    manage(tmp_path, "check")
    secrets = tmp_path / "data" / "secrets"
    assert secrets.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in secrets.iterdir()} == {0o600}


@pytest.mark.slow
def test_another_provider_switches_the_embedded_endpoints_and_the_renderers_off(tmp_path):
    code = (
        "from django.urls import resolve, Resolver404\n"
        "from dashboard.processes import supervisor\n"
        "try: resolve('/v1/cg_avatar/avatar.list'); print('served')\n"
        "except Resolver404: print('off')\n"
        "print([program.name for program in supervisor.list_programs()])"
    )
    provider = {"CG_AVATAR_API_URL": "https://other.example", "CG_AVATAR_API_TOKEN": "t"}
    done = manage(tmp_path, "shell", "-v0", "-c", code, PUBLIC_URL="https://a.example", **provider)
    assert done.stdout.split("\n")[:2] == [
        "off",
        "['web', 'worker', 'generate', 'download', 'studio', 'poller']",
    ], done.stderr
