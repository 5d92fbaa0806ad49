"""A person at the page, against the whole stack: three rounds, a reload, the result."""

from pathlib import Path

import pytest

from multibo.client import Project
from multibo.local.supervisor import Stack
from tests.support import chromium
from tests.support.chromium import Page

pytestmark = [pytest.mark.browser, pytest.mark.redis]

SLATE_S = 120
"""A slate takes seconds; a machine busy with other tests may take longer."""


def test_three_rounds_in_a_browser_lead_to_a_picture(
    stack: Stack, multibo: Project, tmp_path: Path
) -> None:
    with chromium.running(tmp_path / "profile") as chrome:
        page = Page(chrome, stack.endpoints.page)

        page.start("comic portrait, brown long hair, blue background", rounds=10)
        page.choose(2, timeout_s=SLATE_S)
        page.until_round(2, timeout_s=SLATE_S)
        page.press("1", timeout_s=SLATE_S)
        page.until_round(3, timeout_s=SLATE_S)
        chrome.refresh()
        page.choose(3, timeout_s=SLATE_S)
        page.until_round(4, timeout_s=SLATE_S)
        page.finish(timeout_s=SLATE_S)
        page.until(lambda: len(page.all("#result .frame canvas")) == 2)

        session = multibo.session(page.session)
        choices = [session.round(n).info.choice for n in range(3)]
        assert [choice and choice.slot for choice in choices] == [2, 0, 3]
        assert len(page.all("#result-path-list img")) == 3
        assert page.complaints == []
