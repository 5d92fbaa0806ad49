"""An image by its URL: signed by the optimizer, answered by the gateway."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request

import pytest

from multibo.client import Project
from multibo.local.supervisor import Stack

pytestmark = pytest.mark.redis


def test_anybody_with_the_url_of_an_image_has_the_image(
    multibo: Project, stack: Stack
) -> None:
    session = multibo.create_session("comic portrait", rounds=1, k=2, seed=7)
    candidate = session.propose().candidates[0]

    link = candidate.image_url()
    with urllib.request.urlopen(link.url, timeout=10) as reply:
        data, headers = reply.read(), reply.headers

    assert link.url.startswith(f"{stack.endpoints.page}/images/")
    assert data == candidate.image()
    assert headers["Content-Type"] == link.image.media_type
    assert hashlib.sha256(data).hexdigest() == link.image.digest
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(link.url.replace("local", "theirs"), timeout=10)
    assert refusal.value.code == 403
    refusal.value.close()
