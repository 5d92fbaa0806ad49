"""A headless Chromium for tests, and the page of the product in it."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
SETTLE_S: Final = 0.4
"""The page takes no answer right after a slate appears (a double click's second)."""


def found() -> tuple[str, str]:
    """Return Chromium and its driver; without them skip, or fail where CI is set."""
    browser = next(filter(None, map(shutil.which, NAMES)), None)
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        missing = "Chromium and chromedriver are needed (Debian: chromium-driver)"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return browser, driver


@contextmanager
def running(profile: Path) -> Iterator[webdriver.Chrome]:
    """Run one browser with a profile of its own."""
    browser, driver = found()
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield chrome
    finally:
        chrome.quit()


class Page:
    """What a person does and sees, in words of the page."""

    def __init__(self, chrome: webdriver.Chrome, address: str) -> None:
        self.chrome = chrome
        self.address = address

    def open(self, fragment: str = "", *, width: int = 1280, height: int = 800) -> None:
        self.resize(width, height)
        self.chrome.get("about:blank")
        self.chrome.get_log("browser")
        self.chrome.get(f"{self.address}/{fragment}")

    def resize(self, width: int, height: int) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1}
        mobile = {"mobile": width < 600}
        command = "Emulation.setDeviceMetricsOverride"
        self.chrome.execute_cdp_cmd(command, {**metrics, **mobile})

    def start(self, prompt: str = "a face", **options: object) -> None:
        """Open the page and start a session; options by the names of the fields."""
        self.open()
        self.until(lambda: self.all(".example"))
        self.one("#prompt").send_keys(prompt)
        script = "for (const [n, v] of Object.entries(arguments[0]))"
        script += " document.forms[0].elements[n].value = v"
        self.chrome.execute_script(
            script, {name.replace("_", "-"): value for name, value in options.items()}
        )
        self.one("#start-button").click()

    def slate(self, n: int = 4, *, timeout_s: float = 20) -> list[WebElement]:
        """Wait until `n` pictures can be chosen; return them in display order."""
        enabled = "#slate .picture:enabled"
        self.until(lambda: len(self.all(enabled)) == n, timeout_s)
        time.sleep(SETTLE_S)
        return self.all(enabled)

    def choose(self, slot: int, *, n: int = 4, timeout_s: float = 20) -> None:
        self.slate(n, timeout_s=timeout_s)
        self.one(f"[data-slot='{slot}']").click()

    def press(self, keys: str, *, n: int = 4, timeout_s: float = 20) -> None:
        self.slate(n, timeout_s=timeout_s)
        self.one("body").send_keys(keys)

    def until_round(self, ordinal: int, *, timeout_s: float = 20) -> None:
        counter = f"Round {ordinal} of"
        self.until(lambda: self.text("#round-counter").startswith(counter), timeout_s)

    def finish(self, *, timeout_s: float = 20) -> None:
        self.until(lambda: self.one("#finish").is_enabled())
        self.one("#finish").click()
        self.one("#finish-confirm").click()
        self.until(lambda: self.one("#result").is_displayed(), timeout_s)

    @property
    def session(self) -> str:
        """Resource name in the address."""
        return self.chrome.current_url.partition("#/")[2]

    @property
    def complaints(self) -> list[str]:
        """What the browser's console says since the page was opened."""
        entries = self.chrome.get_log("browser")
        return [e["message"] for e in entries if e["level"] in ("SEVERE", "WARNING")]

    def one(self, selector: str) -> WebElement:
        return self.chrome.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.chrome.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        return self.one(selector).get_property("textContent")  # type: ignore[return-value]

    def until(self, condition: Callable[[], object], timeout_s: float = 20) -> None:
        """Wait for a condition; an element gone meanwhile is asked for again."""
        ends_at = time.monotonic() + timeout_s
        while time.monotonic() < ends_at:
            try:
                if condition():
                    return
            except WebDriverException:
                pass
            time.sleep(0.03)
        shown = self.one("body").text
        raise AssertionError(f"not within {timeout_s} s; the page shows:\n{shown}")
