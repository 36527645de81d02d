"""Dockerfile, compose files and the systemd unit, as far as that goes without a container runtime."""

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dashboard.processes import supervisor

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ["compose.yaml", "compose.cluster.yaml"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def list_copied() -> set[str]:
    """What the Dockerfile copies from the repository."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
    return {source for line in lines for source in line.split()[:-1]}


def read_service(name: str) -> dict:
    return yaml.safe_load((ROOT / name).read_text())["services"]


@pytest.mark.parametrize("name", COMPOSE)
def test_compose_files_fit_the_schema_of_compose(name):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", COMPOSE)
def test_everything_that_a_compose_file_names_is_there(name):
    whole = yaml.safe_load((ROOT / name).read_text())
    for service in whole["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (ROOT / source).is_file() if source.startswith(".") else source in whole["volumes"]
        for other in service.get("depends_on", []):
            assert other in whole["services"]
        assert all(secret in whole["secrets"] for secret in service.get("secrets", []))


def test_the_image_gets_every_room_and_nothing_else():
    copied = list_copied()
    assert [source for source in copied if not (ROOT / source).exists()] == []
    assert {"avatars", "dashboard", "engine", "videos", "static", "templates", "manage.py"} <= copied
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == copied


def test_no_code_of_the_image_reads_a_file_that_it_does_not_have():
    """Everything below BASE_DIR that the code names is copied, or is made at the start."""
    made = {"data", ".venv"}
    named = set()
    for room in ("avatars", "dashboard", "engine", "videos"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.BinOp)
                    and isinstance(node.op, ast.Div)
                    and isinstance(node.right, ast.Constant)
                    and ast.unparse(node.left) in {"BASE_DIR", "settings.BASE_DIR"}
                ):
                    named.add(str(node.right.value).split("/")[0])
    assert named - made <= {source.split("/")[0] for source in list_copied()}


def test_the_image_runs_as_a_user_without_rights():
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER 10001:10001$", last, re.MULTILINE)
    assert last.index("USER") > last.index("RUN python -m compileall")
    assert "DATA_DIR=/data" in last


def test_the_cluster_runs_every_process_of_the_product_once():
    """Each command that `compose.cluster.yaml` starts is `manage.py launch --only`, with names that exist."""
    commands = [
        service["command"]
        for service in read_service("compose.cluster.yaml").values()
        if service["image"] == "talking-avatars"
    ]
    assert {tuple(command[:4]) for command in commands} == {("python", "manage.py", "launch", "--only")}
    names = [name for command in commands for name in command[4].split(",")]
    assert sorted(names) == sorted(program.name for program in supervisor.list_programs())


def test_every_setting_of_the_cluster_is_one_of_the_product():
    settings = read_service("compose.cluster.yaml")["web"]["environment"]
    readme = (ROOT / "README.md").read_text()
    assert [name for name in settings if f"`{name}`" not in readme] == []


def test_the_healthcheck_fails_where_nothing_runs(tmp_path):
    done = run_healthcheck(tmp_path)
    assert done.returncode != 0
    assert "not healthy" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_healthcheck_of_the_image_is_a_command_that_exists():
    (command,) = re.findall(r"^HEALTHCHECK .*CMD (\[.+\])$", DOCKERFILE, re.MULTILINE)
    assert ast.literal_eval(command) == ["python", "scripts/healthcheck"]


def run_healthcheck(data: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "scripts/healthcheck"]
    environment = {"DATA_DIR": str(data), "PORT": "1"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="systemd-analyze is missing (Debian: systemd)"
)
def test_systemd_understands_the_unit(tmp_path):
    text = (ROOT / "deploy" / "talking-avatars.service").read_text()
    assert "KillMode=mixed" in text
    command = shlex.split(re.search(r"^ExecStart=(.+)$", text, re.MULTILINE)[1])
    assert command[1:] == ["manage.py", "launch"]
    unit = tmp_path / "talking-avatars.service"
    unit.write_text(text.replace(command[0], sys.executable).replace("User=avatars", "User=root"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if "talking-avatars" in line]
    assert said == []
    assert done.returncode == 0, done.stderr


def fill_in(value: object) -> str:
    """A value of a compose file with a value for each of its variables."""
    text = re.sub(r"\$\{\w+:-(\w*)\}", r"\1", str(value))
    return re.sub(r"\$\{\w+(:\?[^}]*)?\}", "given.example.com", text)


@pytest.mark.slow
def test_the_product_accepts_the_settings_of_every_container_of_the_cluster(tmp_path):
    """Nothing is missing that machines must have in common, and each value makes sense."""
    services = [
        service
        for service in read_service("compose.cluster.yaml").values()
        if service["image"] == "talking-avatars"
    ]
    chosen = [service["command"][4] for service in services]
    code = (
        "from dashboard.processes import machine\n"
        f"for only in {chosen!r}: machine.check_shared_settings(machine.read_only(only))\n"
        "from django.conf import settings; print(settings.INTERNAL_URL, settings.BUCKET_ORIGINS[0])"
    )
    assert all(service["environment"] == services[0]["environment"] for service in services)
    settings = {name: fill_in(value) for name, value in services[0]["environment"].items()}
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "HOST": "0.0.0.0"} | settings
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["http://web:8000", "https://given.example.com"]
