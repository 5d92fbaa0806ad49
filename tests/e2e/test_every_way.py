"""Every way through a session, by the public client, against the real stack."""

from __future__ import annotations

import hashlib

import pytest

from multibo.client import Project, errors, insight
from multibo.client.types import FeedbackKind, ForkMode, RoundState, SessionState

pytestmark = pytest.mark.redis

PROMPT = "comic portrait, brown long hair, light skin, blue background"


def test_every_kind_of_answer_counts_and_the_log_keeps_them(multibo: Project) -> None:
    session = multibo.create_session(PROMPT, rounds=4, k=3, seed=7, steps=2)

    session.propose().rank([2, 0])
    session.propose().tie([0, 1])
    session.propose().none_of_these()
    session.propose().skip()
    left = session.propose()
    other = left.variety()
    other.cancel()

    kinds = [r.info.feedback.kind for r in session.rounds() if r.info.feedback]
    assert kinds == [
        FeedbackKind.RANKING,
        FeedbackKind.TIE,
        FeedbackKind.NONE_OF_THESE,
        FeedbackKind.SKIP,
    ]
    assert session.round(left.number).state is RoundState.SKIPPED
    assert session.round(other.number).state is RoundState.CANCELLED
    assert session.refresh().state is SessionState.ACTIVE
    assert 0.0 <= session.stopping_advice().improvement_probability <= 1.0
    space = multibo.warp_space(session.info.spec.warp_space)
    assert len(session.preference_map().axes) == space.dimension
    svg = insight.FigureFormat.SVG
    assert b"<svg" in session.figure(insight.FigureKind.TRACE, svg).data


def test_undone_forked_and_imported_sessions_see_the_same_next_slate(
    multibo: Project,
) -> None:
    session = multibo.create_session(PROMPT, rounds=4, k=2, seed=7, steps=2)
    session.propose().choose(1)
    second = session.propose()
    second.choose(0)

    session.undo()
    reopened = session.propose()
    assert reopened.name == second.name
    session.redo()
    exported = session.export()
    imported = multibo.import_session(exported.document, digest=exported.digest)
    forked = session.fork()
    warm = session.fork(mode=ForkMode.WARM_START)

    assert hashlib.sha256(exported.document).hexdigest() == exported.digest
    slates = [
        [candidate.info.warp for candidate in each.propose(wait=False).candidates]
        for each in (session, imported, forked)
    ]
    assert slates[0] == slates[1] == slates[2]
    assert warm.info.n_feedbacks == 0
    assert warm.info.forked_from == session.name
    with pytest.raises(errors.NothingToRedoError):
        session.redo()


def test_a_start_is_picked_and_the_search_turns_toward_the_others(
    multibo: Project,
) -> None:
    space = next(s for s in multibo.models()[0].warp_spaces if "/search-8-6@" in s)
    session = multibo.create_session(
        PROMPT, rounds=3, k=3, seed=7, steps=2, warp_space=space, casting_rounds=1
    )

    first = session.propose()
    draws = [candidate.image() for candidate in first.candidates]
    first.choose(2)
    second = session.propose()
    found = [candidate.image() for candidate in second.candidates]

    assert [c.role for c in first.candidates] == ["ANCHOR", "CAST", "CAST"]
    assert len(set(draws)) == len(set(found)) == 3
    assert found[0] == draws[2]
    assert {c.info.base_seed for c in second.candidates} == {
        first.candidates[2].info.base_seed
    }
    assert session.recommendation().image() == draws[2]
    assert not session.stopping_advice().stop
    assert multibo.warp_space(space).axes[-1].name == "noise-6"
