from __future__ import annotations

import pytest

from multibo.jobs import keys, queues
from multibo.jobs.keys import SessionKeys
from multibo.jobs.scripts import script


def test_a_row_reference_reads_back() -> None:
    reference = keys.row_reference("local/abcd", 12, 3)

    assert keys.parse_row(reference) == ("local/abcd", 12, 3)
    with pytest.raises(ValueError, match="unpack"):
        keys.parse_row("local/abcd")


def test_the_keys_of_a_session_share_its_hash_tag() -> None:
    names = SessionKeys("local/abcd").all()

    assert len(set(names)) == 10
    assert all(name.startswith("mbo:{local/abcd}:") for name in names)


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("redis://host:6379/2", "redis://host:6379/2"),
        ("unix:///run/r.sock?db=3", "redis+socket:///run/r.sock?virtual_host=3"),
        ("unix:///run/r.sock", "redis+socket:///run/r.sock?virtual_host=0"),
    ],
)
def test_celery_gets_its_own_spelling_of_the_address(url: str, broker: str) -> None:
    assert queues.broker_url(url) == broker


@pytest.mark.parametrize("name", ["claim", "renew", "finish", "speculative"])
def test_every_script_documents_its_keys_and_arguments(name: str) -> None:
    head = script(name).split("local ", maxsplit=1)[0]

    assert "-- KEYS" in head
    assert "-- ARGV" in head
    assert "-- Reply" in head
