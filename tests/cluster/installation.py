"""Several machines on this one: each with a data folder of its own, behind nginx, with one of each service."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import psutil
import psycopg
import redis
from psycopg.rows import dict_row

from tests import services
from tests.product.running import Product, free_port, running

FRONT = "web,poller,generate"
BACK = "worker,download,studio,rigger,renderer"
NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log; {user}
events {{ worker_connections 256; }}
http {{
  access_log off; client_max_body_size 210m;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  upstream web {{ {servers} }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://web; proxy_set_header Host $http_host;
      proxy_connect_timeout 3s; proxy_read_timeout 300s;
    }}
  }}
}}
"""


@dataclass
class Services:
    """One PostgreSQL, one Redis, one bucket."""

    folder: Path
    database_url: str
    redis_url: str
    bucket: dict[str, str]

    @property
    def settings(self) -> dict[str, str]:
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url} | self.bucket

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """What a query finds; while PostgreSQL is away, a little later."""
        for _ in range(100):
            with (
                contextlib.suppress(psycopg.OperationalError),
                psycopg.connect(self.database_url, row_factory=dict_row, connect_timeout=3) as database,
            ):
                return database.execute(query, values).fetchall()
            time.sleep(0.2)
        raise AssertionError("PostgreSQL does not answer")

    def flush_redis(self) -> None:
        redis.Redis.from_url(self.redis_url).flushall()

    def restart_postgres(self) -> None:
        folder = self.folder / "postgres"
        services.stop(folder)
        time.sleep(2)
        services.run_postgres(folder, int(self.database_url.rpartition(":")[2].partition("/")[0]))

    def stored_files(self) -> set[str]:
        client = boto3.client(
            "s3",
            endpoint_url=self.bucket["S3_ENDPOINT_URL"],
            region_name=self.bucket["S3_REGION"],
            aws_access_key_id=self.bucket["S3_ACCESS_KEY_ID"],
            aws_secret_access_key=self.bucket["S3_SECRET_ACCESS_KEY"],
        )
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket["S3_BUCKET"])
        return {entry["Key"] for page in pages for entry in page.get("Contents", [])}


@contextlib.contextmanager
def running_services() -> Iterator[Services]:
    folder = Path(tempfile.mkdtemp(prefix="avatars-cluster-"))
    folder.chmod(0o755)  # PostgreSQL runs as another user
    try:
        database_url = services.start_postgres(folder / "postgres")
        redis_url = services.start_redis(folder / "redis") + "/0"
        url = services.start_bucket_server(folder / "s3")
        yield Services(folder, database_url, redis_url, services.bucket_settings(url, "media"))
    finally:
        for name in ("postgres", "redis", "s3"):
            with contextlib.suppress(KeyError):
                services.stop(folder / name)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def running_nginx(folder: Path, ports: list[int], port: int) -> Iterator[None]:
    folder.mkdir()
    config = folder / "nginx.conf"
    servers = " ".join(f"server 127.0.0.1:{one} max_fails=1 fail_timeout=2s;" for one in ports)
    user = "user root;" if not os.getuid() else ""
    config.write_text(NGINX.format(folder=folder, servers=servers, port=port, user=user))
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    process = subprocess.Popen([nginx, "-e", str(folder / "nginx.log"), "-c", str(config)])
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def kill(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def kill_machine(machine: Product) -> None:
    """All of its processes at once, also the one that would start them again."""
    kill([machine.process.pid, int((machine.data / "run" / "supervisord.pid").read_text())])
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("DATA_DIR") == str(machine.data):
                process.kill()
    machine.process.wait(20)


@contextlib.contextmanager
def running_machines(folder: Path, found: Services, settings: dict[str, str]) -> Iterator[list[Product]]:
    """Two that people reach and two that work, started one after the other."""
    ports, balancer = [free_port(), free_port()], free_port()
    common = found.settings | settings | {"INTERNAL_URL": f"http://127.0.0.1:{balancer}"}
    with contextlib.ExitStack() as stack:
        stack.enter_context(running_nginx(folder / "nginx", ports, balancer))
        machines = [
            stack.enter_context(running(folder / name, port, **common, ONLY=only))
            for name, port, only in (
                ("front-1", ports[0], FRONT),
                ("front-2", ports[1], FRONT),
                ("back-1", free_port(), BACK),
                ("back-2", free_port(), BACK),
            )
        ]
        yield machines
