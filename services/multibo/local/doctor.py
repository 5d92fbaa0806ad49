"""`multibo doctor`: what is there, what is missing, what to do about it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from multibo.client import connect, discovery
from multibo.client.errors import ClientError
from multibo.local import extras, redis_binary
from multibo.local.errors import LocalError

FREE_DISK_BYTES: Final = 2 * 1024**3
MEMORY_BYTES: Final = 2 * 1024**3
"""Measured: the stack with one worker takes 0.95 GB."""


class Verdict(StrEnum):
    """How a check went."""

    OK = "ok"
    NOTE = "note"
    """Works, but not everywhere or not well."""
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    verdict: Verdict
    subject: str
    detail: str


def examine(state_dir: Path, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Yield findings, one check after the other.

    Args:
        state_dir: of the stack to look at.
        environment: the process environment.
    """
    yield _check_platform()
    yield from _check_extras()
    yield from _check_redis(environment)
    yield from _check_ports(environment)
    yield _check_catalog(state_dir, environment)
    yield _check_memory()
    yield _check_disk(state_dir)
    yield _check_stack(state_dir)


def run(state_dir: Path, environment: Mapping[str, str]) -> bool:
    """Print the report.

    Args:
        state_dir: of the stack to look at.
        environment: the process environment.

    Returns:
        Whether nothing failed.
    """
    healthy = True
    for finding in examine(state_dir, environment):
        healthy = healthy and finding.verdict is not Verdict.FAIL
        print(f"{finding.verdict:<5} {finding.subject:<11} {finding.detail}")
    return healthy


def _check_platform() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    detail = f"Python {version} on {sys.platform}"
    if sys.platform in ("linux", "darwin"):
        return Finding(Verdict.OK, "platform", detail)
    return Finding(Verdict.FAIL, "platform", f"{detail}: use WSL or Docker")


def _check_extras() -> Iterator[Finding]:
    for extra in extras.MODULES:
        missing = extras.missing_modules(extra)
        if missing:
            advice = f"not installed: {', '.join(missing)}; {extras.INSTALL}"
            yield Finding(Verdict.FAIL, extra, advice)
        else:
            yield Finding(Verdict.OK, extra, "installed")


def _check_redis(environment: Mapping[str, str]) -> Iterator[Finding]:
    url = environment.get("MULTIBO_REDIS_URL", "")
    if url:
        yield from _check_redis_url(url)
        return
    try:
        program = redis_binary.find_program()
    except LocalError as error:
        yield Finding(Verdict.FAIL, "redis", str(error))
    else:
        yield Finding(Verdict.OK, "redis", f"{program.version} ({program.path})")


def _check_redis_url(url: str) -> Iterator[Finding]:
    if extras.missing_modules("optimizer"):
        yield Finding(Verdict.NOTE, "redis", "not asked: redis is not installed")
        return
    from multibo.local.doctor_server import redis_complaints
    from multibo.local.probes import redis_answers

    server = "the server of MULTIBO_REDIS_URL"
    if not redis_answers(url):
        yield Finding(Verdict.FAIL, "redis", f"{server} does not answer")
        return
    yield Finding(Verdict.OK, "redis", f"{server} answers")
    for complaint in redis_complaints(url):
        yield Finding(Verdict.NOTE, "redis", complaint)


def _check_ports(environment: Mapping[str, str]) -> Iterator[Finding]:
    if extras.missing_modules("optimizer"):
        return
    from multibo.local.doctor_server import port_findings

    for listener, state in port_findings(environment):
        verdict = Verdict.OK if state == "free" else Verdict.NOTE
        yield Finding(verdict, "port", f"{listener}: {state}")


def _check_catalog(state_dir: Path, environment: Mapping[str, str]) -> Finding:
    from multibo import pretrained
    from multibo.jobs.catalog import Catalog
    from multibo.jobs.errors import JobsError
    from multibo.local.models import catalog_of

    path = catalog_of(state_dir, environment) or pretrained.catalog_path()
    try:
        models = Catalog.load(path).models
    except (JobsError, OSError) as error:
        return Finding(Verdict.FAIL, "catalog", f"{path}: {error}")
    absent = [name for name, model in models.items() if not model.path.is_dir()]
    if absent:
        commands = [models[name].loading.fetch_command for name in absent]
        hints = [f"; fetch them: {command}" for command in commands if command]
        detail = f"{path}: no weights for {', '.join(absent)}{''.join(hints)}"
        return Finding(Verdict.FAIL, "catalog", detail)
    return Finding(Verdict.OK, "catalog", f"{', '.join(models)} ({path})")


def _check_memory() -> Finding:
    pages, page_bytes = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    memory_bytes = pages * page_bytes
    detail = f"{memory_bytes / 1024**3:.1f} GB, {os.cpu_count()} cores"
    enough = memory_bytes >= MEMORY_BYTES
    return Finding(Verdict.OK if enough else Verdict.NOTE, "memory", detail)


def _check_disk(state_dir: Path) -> Finding:
    folder = state_dir.absolute()
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        return Finding(Verdict.FAIL, "state", f"{folder} cannot be written")
    free_bytes = shutil.disk_usage(folder).free
    detail = f"{state_dir}, {free_bytes / 1024**3:.1f} GB free"
    enough = free_bytes >= FREE_DISK_BYTES
    return Finding(Verdict.OK if enough else Verdict.NOTE, "state", detail)


def _check_stack(state_dir: Path) -> Finding:
    endpoints = discovery.read_endpoints(state_dir)
    if endpoints is None:
        return Finding(Verdict.NOTE, "stack", "not running; `multibo up` starts it")
    try:
        with connect(endpoints.grpc) as multibo:
            models = multibo.models()
    except ClientError as error:
        detail = f"announced at {endpoints.grpc}, but: {error}"
        return Finding(Verdict.FAIL, "stack", detail)
    readiness = ", ".join(f"{model.title} {model.readiness}" for model in models)
    return Finding(Verdict.OK, "stack", f"{endpoints.page} ({readiness})")
