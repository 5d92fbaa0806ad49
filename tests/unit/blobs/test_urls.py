from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from multibo.blobs.errors import (
    BlobAddressError,
    BlobUrlExpiredError,
    BlobUrlInvalidError,
    BlobUrlKeyError,
)
from multibo.blobs.urls import PATH, GatewayUrls, ImageGrant, UrlKeys

NOW_S = 1_800_000_000
KEYS = UrlKeys(b"k" * 32)
GRANT = ImageGrant("ab" * 32, "cd" * 32, "image/png", "local", NOW_S + 60)


def read(keys: UrlKeys, url: str, *, now_s: float = NOW_S) -> ImageGrant:
    """What a gateway makes of a URL."""
    parts = urlsplit(url)
    path = PATH.fullmatch(parts.path)
    assert path
    return keys.granted(path[1], parts.query, now_s=now_s)


def test_a_signed_url_gives_back_what_was_signed() -> None:
    url = GatewayUrls("https://images.example/", KEYS).url(GRANT, now_s=NOW_S)

    assert url.startswith(f"https://images.example/images/{GRANT.digest}?")
    assert read(KEYS, url) == GRANT


@pytest.mark.parametrize(
    "change",
    [
        {"address": "ef" * 32},
        {"digest": "ef" * 32},
        {"media_type": "text/html"},
        {"project": "theirs"},
        {"expires_s": NOW_S + 61},
    ],
)
def test_no_part_of_it_can_be_altered(change: dict[str, object]) -> None:
    url = KEYS.signed(GRANT)
    altered = KEYS.signed(replace(GRANT, **change))  # type: ignore[arg-type]
    signature = url.partition("&signature=")[2]

    forged = altered.partition("&signature=")[0] + "&signature=" + signature

    with pytest.raises(BlobUrlInvalidError):
        read(KEYS, forged)


@pytest.mark.parametrize(
    "field", ["address", "type", "project", "expires", "signature"]
)
def test_no_field_may_be_missing_doubled_or_empty(field: str) -> None:
    path, _, query = KEYS.signed(GRANT).partition("?")
    pairs = parse_qsl(query)
    without = [pair for pair in pairs if pair[0] != field]
    value = dict(pairs)[field]

    for wrong in (without, [*pairs, (field, value)], [*without, (field, "")]):
        with pytest.raises(BlobUrlInvalidError):
            read(KEYS, f"{path}?{urlencode(wrong)}")


@pytest.mark.parametrize("query", ["", "&", "address", "%ff=%00", "signature=Ä"])
def test_any_other_query_is_refused(query: str) -> None:
    with pytest.raises(BlobUrlInvalidError):
        KEYS.granted(GRANT.digest, query, now_s=NOW_S)


def test_a_url_ends_when_it_says() -> None:
    url = KEYS.signed(GRANT)

    assert read(KEYS, url, now_s=NOW_S + 59.9) == GRANT
    with pytest.raises(BlobUrlExpiredError):
        read(KEYS, url, now_s=NOW_S + 60)


def test_another_deployment_s_url_is_refused() -> None:
    with pytest.raises(BlobUrlInvalidError):
        read(KEYS, UrlKeys(b"x" * 32).signed(GRANT))


def test_while_keys_change_both_are_accepted_and_the_new_one_signs() -> None:
    old, new = "o" * 32, "n" * 32
    both = UrlKeys.parse(f"{new}, {old}")

    assert read(both, UrlKeys.parse(old).signed(GRANT)) == GRANT
    assert both.signed(GRANT) == UrlKeys.parse(new).signed(GRANT)
    with pytest.raises(BlobUrlInvalidError):
        read(UrlKeys.parse(new), UrlKeys.parse(old).signed(GRANT))


@pytest.mark.parametrize("text", ["", "short-secret", f"{'k' * 32},", f"{'k' * 31}"])
def test_a_key_that_could_be_guessed_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(BlobUrlKeyError) as refusal:
        UrlKeys.parse(text)

    assert not text or text not in str(refusal.value)


def test_only_content_addresses_are_signed() -> None:
    with pytest.raises(BlobAddressError):
        KEYS.signed(replace(GRANT, address="../etc"))
