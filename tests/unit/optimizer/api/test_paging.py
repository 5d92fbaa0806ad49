"""Page tokens are ours, for one listing, and opaque."""

from __future__ import annotations

import pytest

from multibo.optimizer.api.errors import PageTokenInvalidError
from multibo.optimizer.api.paging import PageTokens, page_limit


async def secret() -> bytes:
    return b"s" * 32


async def other_secret() -> bytes:
    return b"t" * 32


async def test_a_token_gives_its_cursor_back() -> None:
    token = await PageTokens(secret).seal("17:local/ä", b"listing")

    # Another replica has the same secret.
    assert await PageTokens(secret).open(token, b"listing") == "17:local/ä"


async def test_the_start_and_the_end_of_a_listing_have_no_token() -> None:
    tokens = PageTokens(secret)

    assert await tokens.seal("", b"listing") == ""
    assert await tokens.open("", b"listing") == ""


async def test_a_token_of_another_listing_is_refused() -> None:
    tokens = PageTokens(secret)
    token = await tokens.seal("17", b"one filter")

    with pytest.raises(PageTokenInvalidError):
        await tokens.open(token, b"another filter")


@pytest.mark.parametrize("forged", ["x", "17", "####", "ä", "A" * 22, "A" * 400])
async def test_a_forged_token_is_refused(forged: str) -> None:
    with pytest.raises(PageTokenInvalidError):
        await PageTokens(secret).open(forged, b"listing")


async def test_a_token_of_another_deployment_is_refused() -> None:
    token = await PageTokens(other_secret).seal("17", b"listing")

    with pytest.raises(PageTokenInvalidError):
        await PageTokens(secret).open(token, b"listing")


@pytest.mark.parametrize(("asked", "given"), [(0, 50), (1, 1), (200, 200), (9999, 200)])
def test_a_page_has_at_most_200_entries(asked: int, given: int) -> None:
    assert page_limit(asked) == given
