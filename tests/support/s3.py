"""A real S3 server, SeaweedFS, for the tests of the remote image store."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import s3fs

from multibo.local.tether import tethered

ACCESS_KEY: Final = "test-access"
SECRET_KEY: Final = "test-secret"
BUCKET: Final = "images"
READY_WITHIN_S: Final = 60.0
_ROLES: Final = ("master", "volume", "filer", "s3")


@dataclass(frozen=True)
class S3Server:
    """Where it listens; its keys are `ENVIRONMENT`."""

    endpoint: str

    def url(self, prefix: str) -> str:
        """A blob URL below the bucket."""
        return f"s3://{BUCKET}/{prefix}?endpoint={self.endpoint}"


ENVIRONMENT: Final = {
    "AWS_ACCESS_KEY_ID": ACCESS_KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    "AWS_DEFAULT_REGION": "us-east-1",
    # Neither a file of the machine nor its role may take part.
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def find_program() -> str | None:
    """The server's program; None where it is not installed."""
    return shutil.which("weed", path=sysconfig.get_path("scripts"))


@contextmanager
def serving(program: str, folder: Path) -> Iterator[S3Server]:
    """Run a server with one empty bucket for as long as the block lasts."""
    folder.mkdir(parents=True)
    ports = _free_ports(2 * len(_ROLES))
    command = tethered((program, *_arguments(folder, ports)))
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    server = S3Server(f"http://127.0.0.1:{ports[2 * _ROLES.index('s3')]}")
    try:
        _make_bucket(server, process)
        yield server
    finally:
        process.kill()  # it takes half a minute to leave when asked
        process.wait()


def _arguments(folder: Path, ports: list[int]) -> list[str]:
    identity = {
        "name": "test",
        "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
        "actions": ["Admin", "Read", "Write", "List"],
    }
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [identity]}))
    listen = [
        argument
        for n, role in enumerate(_ROLES)
        for argument in (
            f"-{role}.port={ports[2 * n]}",
            f"-{role}.port.grpc={ports[2 * n + 1]}",
        )
    ]
    return [
        *("server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
        *("-s3", f"-s3.config={config}", "-s3.port.iceberg=0", "-s3.port.lance=0"),
        *("-master.telemetry=false", "-master.volumeSizeLimitMB=64", "-volume.max=8"),
        *listen,
    ]


def _make_bucket(server: S3Server, process: subprocess.Popen[bytes]) -> None:
    files: Any = s3fs.S3FileSystem(
        key=ACCESS_KEY,
        secret=SECRET_KEY,
        endpoint_url=server.endpoint,
        skip_instance_cache=True,
    )
    ends_at = time.monotonic() + READY_WITHIN_S
    while process.poll() is None and time.monotonic() < ends_at:
        try:
            files.mkdir(BUCKET)
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError("the S3 server does not answer")


def _free_ports(n: int) -> list[int]:
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(n)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
