"""The committed page is the one that its sources make."""

import subprocess

import pytest

from multibo.gateway.static_files import PAGE
from tests.support.tree import ROOT

WEB = ROOT / "clients" / "web"


def test_the_committed_page_is_not_older_than_its_sources() -> None:
    command = ["sh", str(WEB / "sources.sh")]

    digest = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    recorded = (PAGE / "sources.sha256").read_text(encoding="ascii")
    assert recorded == digest, "run `make web` and commit the page"


@pytest.mark.parametrize("name", ["index.html", "style.css", "app.js"])
def test_the_page_asks_for_nothing_from_elsewhere(name: str) -> None:
    text = (PAGE / name).read_text(encoding="utf-8")

    for scheme in ('src="http', 'href="http', 'url("http', "url(http", "@import"):
        assert scheme not in text


@pytest.mark.parametrize("name", ["style.css", "app.js", "icon.svg"])
def test_the_index_names_each_file_by_its_digest(name: str) -> None:
    index = (PAGE / "index.html").read_text(encoding="utf-8")

    assert f'"{name}?v=' in index
    assert f'"{name}"' not in index
