"""PostgreSQL, Redis and an S3 server for a run of the tests: TEST_SERVICES=1 starts them on free ports of this machine.

The first process starts them and stops them at its end; the other processes of pytest-xdist find their addresses in the
environment. PostgreSQL and Redis are those of the system (Debian: postgresql, redis-server), the S3 server is moto's.
"""

import atexit
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import boto3
import psycopg
import redis

START_SECONDS = 60


def use_services() -> None:
    """Set DATABASE_URL, REDIS_URL and the S3 settings for this process and its children, starting what is missing."""
    if "TEST_DATABASE_URL" not in os.environ:
        folder = Path(tempfile.mkdtemp(prefix="avatars-services-"))
        atexit.register(_stop, folder, os.getpid())
        folder.chmod(0o755)
        os.environ["TEST_DATABASE_URL"] = start_postgres(folder / "postgres")
        os.environ["TEST_REDIS_URL"] = start_redis(folder / "redis")
        os.environ["TEST_S3_URL"] = start_bucket_server(folder / "s3")
    # Each process of pytest-xdist has a Redis database and a bucket of its own; pytest-django does so for PostgreSQL.
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
    os.environ["REDIS_URL"] = f"{os.environ['TEST_REDIS_URL']}/{number}"
    os.environ |= bucket_settings(os.environ["TEST_S3_URL"], f"media-{number}")


def start_postgres(folder: Path, *, durable: bool = False) -> str:
    """Start a PostgreSQL server with its data in `folder`; returns the address of its database.

    `durable`: it waits for the disk, as one that people trust their data to.
    """
    port = free_port()
    folder.mkdir()
    options = ["-D", str(folder), "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-sync"]
    _run([*_user_prefix(folder), f"{_postgres_folder()}/initdb", *options])
    run_postgres(folder, port, durable=durable)
    return f"postgres://tests@127.0.0.1:{port}/postgres"


def run_postgres(folder: Path, port: int, *, durable: bool = False) -> None:
    """Run PostgreSQL with the data that is in `folder`, and wait until it answers."""
    options = ["-h", "127.0.0.1", "-p", str(port), "-k", str(folder), "-c", "max_connections=200"]
    # The data is thrown away: nothing has to survive a crash of the machine.
    if not durable:
        options += ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
    _start([*_user_prefix(folder), f"{_postgres_folder()}/postgres", "-D", str(folder), *options], folder)
    url = f"postgres://tests@127.0.0.1:{port}/postgres"
    _wait_until(lambda: psycopg.connect(url, connect_timeout=2).close(), "PostgreSQL")


def start_redis(folder: Path) -> str:
    """Start a Redis server; returns its address without the number of a database."""
    folder.mkdir()
    port = free_port()
    options = [
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--dir",
        str(folder),
        "--save",
        "",
        "--databases",
        "64",
    ]
    _start(["redis-server", *options], folder)
    url = f"redis://127.0.0.1:{port}"
    _wait_until(lambda: redis.Redis.from_url(url).ping(), "Redis")
    return url


def start_bucket_server(folder: Path) -> str:
    """Start an S3 server; returns its address."""
    folder.mkdir()
    port = free_port()
    _start([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], folder)
    url = f"http://127.0.0.1:{port}"
    _wait_until(lambda: _client(url).list_buckets(), "the S3 server")
    return url


def bucket_settings(url: str, bucket: str) -> dict[str, str]:
    """The settings for a bucket on that server, which is created."""
    _client(url).create_bucket(Bucket=bucket)
    return {
        "S3_BUCKET": bucket,
        "S3_ENDPOINT_URL": url,
        "S3_REGION": "us-east-1",
        "S3_ACCESS_KEY_ID": "tests",
        "S3_SECRET_ACCESS_KEY": "tests-tests",
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def stop(folder: Path) -> None:
    """Stop what runs with its data in `folder`."""
    process = _processes.pop(folder)
    process.send_signal(signal.SIGINT)  # PostgreSQL: at once, whoever is connected
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


_processes: dict[Path, subprocess.Popen[bytes]] = {}


def _client(url: str) -> "boto3.session.Session.client":
    keys = {"aws_access_key_id": "tests", "aws_secret_access_key": "tests-tests"}
    return boto3.client("s3", endpoint_url=url, region_name="us-east-1", **keys)


def _postgres_folder() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else Path(shutil.which("postgres") or "postgres").parent


def _user_prefix(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: then it runs as the user of its package."""
    if os.getuid():
        return []
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")


def _start(command: list[str], folder: Path) -> None:
    with (folder.parent / f"{folder.name}.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", start_new_session=True)
        _processes[folder] = process


def _wait_until(connect: Callable[[], object], name: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            connect()
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def _stop(folder: Path, owner: int) -> None:
    if os.getpid() != owner:  # a fork that ends
        return
    for running in list(_processes):
        stop(running)
    shutil.rmtree(folder, ignore_errors=True)
