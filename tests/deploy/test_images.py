"""Container files and compose: pinned, without root, with settings that exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.support.environment import documented_variables
from tests.support.tree import ROOT

DEPLOY: Final = ROOT / "deploy"
FILES: Final = sorted((DEPLOY / "docker").glob("*.Dockerfile"))
COMPOSE: Final = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SECURE: Final = yaml.safe_load((DEPLOY / "compose.secure.yaml").read_text())
SERVICES: Final[dict[str, dict[str, Any]]] = COMPOSE["services"]


def text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_container_file_passes_the_linter(file: Path) -> None:
    hadolint = Path(sys.executable).with_name("hadolint")

    done = subprocess.run([hadolint, file], capture_output=True, text=True, timeout=60)

    assert done.stdout + done.stderr == ""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_image_is_pinned_healthy_and_not_root(file: Path) -> None:
    content = text(file)
    last = content.rpartition("\nFROM ")[2]

    assert re.search(r"^ARG PYTHON_IMAGE=python:\d+\.\d+\.\d+-slim-\w+$", content, re.M)
    assert re.search(r"^USER 10001:10001$", last, re.M)
    assert "HEALTHCHECK" in content
    assert "constraints.txt" in content


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_image_installs_extras_and_starts_a_module_that_exist(file: Path) -> None:
    project = text(ROOT / "pyproject.toml")
    content = text(file)

    [module] = set(re.findall(r'ENTRYPOINT \["python", "-m", "([\w.]+)"\]', content))
    extras = {
        e
        for found in re.findall(r'"\.\[([\w,]+)\]"', content)
        for e in found.split(",")
    }

    package = Path(*module.split(".")[1:])
    assert (ROOT / "services" / "multibo" / package / "__main__.py").is_file()
    assert extras
    assert [e for e in extras if not re.search(rf"^{e} = \[", project, re.M)] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_variables_of_an_image_are_documented(file: Path) -> None:
    named = set(re.findall(r"\b(MULTIBO_\w+)=", text(file)))

    assert named - documented_variables() == set()


def test_the_build_context_holds_what_the_wheel_needs_and_no_more() -> None:
    kept = {
        line[1:]
        for line in text(ROOT / ".dockerignore").splitlines()
        if line[:1] == "!"
    }
    roots = set(re.findall(r'"([\w/]+)/multibo"', text(ROOT / "pyproject.toml")))

    assert roots <= kept
    assert kept - roots == {
        "pyproject.toml",
        "constraints.txt",
        "README.md",
        "LICENSE",
        "NOTICE",
    }


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "redis"])
def test_a_service_is_built_from_a_file_of_ours(name: str) -> None:
    build = SERVICES[name]["build"]
    file = (DEPLOY / build["context"] / build["dockerfile"]).resolve()

    assert file in FILES
    assert set(SERVICES[name]["environment"]) <= documented_variables()


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_comes_back_without_privileges(name: str) -> None:
    service = SERVICES[name]

    assert service["restart"] == "unless-stopped"
    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True


def test_the_plain_stack_is_reached_from_this_machine_only() -> None:
    published = {
        name: service["ports"]
        for name, service in SERVICES.items()
        if "ports" in service
    }

    assert set(published) == {"gateway"}
    assert all(port.startswith("127.0.0.1:") for port in published["gateway"])
    assert SERVICES["gateway"]["environment"]["MULTIBO_GATEWAY_HOSTS"]


def test_redis_keeps_what_it_was_told() -> None:
    command = SERVICES["redis"]["command"]

    assert command[command.index("--appendonly") + 1] == "yes"
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"


def test_an_open_port_comes_with_tls_and_keys() -> None:
    optimizer = SECURE["services"]["optimizer"]

    assert set(optimizer["environment"]) <= documented_variables()
    assert optimizer["environment"]["MULTIBO_OPTIMIZER_TLS_CERT"]
    assert optimizer["environment"]["MULTIBO_OPTIMIZER_API_KEYS_FILE"]
    for service in SECURE["services"].values():
        assert set(service["secrets"]) <= set(SECURE["secrets"])
