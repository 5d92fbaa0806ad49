"""The page in a real browser, on a real gateway, over an optimizer without pictures."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from selenium import webdriver

from tests.support import chromium, fake_optimizer
from tests.support.chromium import Page
from tests.support.fake_optimizer import FakeOptimizer


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    with chromium.running(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture(scope="module")
def optimizer() -> FakeOptimizer:
    return FakeOptimizer()


@pytest.fixture(scope="module")
def address(optimizer: FakeOptimizer) -> Iterator[str]:
    with fake_optimizer.serving(optimizer) as target:
        port = free_port()
        environment = {
            "MULTIBO_GATEWAY_LISTEN": f"127.0.0.1:{port}",
            "MULTIBO_GATEWAY_OPTIMIZER": target,
        }
        command = [sys.executable, "-m", "multibo.gateway"]
        with subprocess.Popen(command, env={**os.environ, **environment}) as gateway:
            wait_until_healthy(f"http://127.0.0.1:{port}/healthz")
            yield f"http://127.0.0.1:{port}"
            gateway.terminate()


@pytest.fixture
def page(
    chrome: webdriver.Chrome, address: str, optimizer: FakeOptimizer
) -> Iterator[Page]:
    optimizer.forget()
    yield Page(chrome, address)
    # Nothing of this test may reach the next one's recorded calls.
    chrome.get("about:blank")


@pytest.fixture
def download(tmp_path: Path, chrome: webdriver.Chrome) -> Path:
    """Where the browser puts files."""
    behavior = {"behavior": "allow", "downloadPath": str(tmp_path)}
    chrome.execute_cdp_cmd("Browser.setDownloadBehavior", behavior)
    return tmp_path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_healthy(address: str) -> None:
    for _ in range(200):
        try:
            with urlopen(address, timeout=1):
                return
        except (URLError, ConnectionError):
            time.sleep(0.05)
    raise AssertionError(f"{address} did not answer")
