"""The same session twice: in another process, with and without what is kept."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from multibo.optimizer.preference import engine
from multibo.optimizer.preference.cache import PosteriorCache
from multibo.optimizer.preference.dataset import Answer, choice, unit_points
from multibo.optimizer.preference.slate import ProposalRequest

D = 5
TARGET = np.linspace(0.2, 0.8, D)


def played(n_rounds: int, capacity: int) -> tuple[Answer, ...]:
    """Return a session in which whoever is nearest is chosen, now and then not."""
    cache = PosteriorCache(capacity)
    generator = np.random.default_rng(1)
    history: tuple[Answer, ...] = ()
    for number in range(n_rounds):
        request = ProposalRequest(D, 4, number, history)
        proposal = engine.propose(request, fit=cache.fit)
        shown = tuple(candidate.warp for candidate in proposal.candidates)
        distances = np.linalg.norm(unit_points(shown) - TARGET, axis=1)
        nearest = int((distances + 0.1 * generator.random(4)).argmin())
        history += (choice(shown, nearest),)
    return history


def digest(history: tuple[Answer, ...]) -> str:
    return hashlib.sha256(repr(history).encode()).hexdigest()


def test_a_session_repeats_whatever_was_kept() -> None:
    assert played(10, capacity=64) == played(10, capacity=1)


@pytest.mark.slow
def test_fifty_rounds_repeat_bit_for_bit_in_two_processes() -> None:
    program = (
        "from tests.unit.optimizer.preference.test_repeatability import *;"
        "import sys; print(digest(played(50, int(sys.argv[1]))))"
    )

    digests = {
        subprocess.run(
            [sys.executable, "-c", program, capacity],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        ).stdout
        for capacity in ("64", "8")
    }

    assert len(digests) == 1
