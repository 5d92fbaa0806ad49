"""Answers at random: the likelihood of contests that now and then say nothing.

Attention lapses: some answers are any entrant, whatever it is worth (a lapse rate, as
in psychometric functions: Wichmann and Hill, 2001). Without it one slip of the finger
outvotes a dozen clear answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from multibo.optimizer.preference.arrays import Floats
from multibo.optimizer.preference.dataset import Choices

LAPSE: Final = 0.02
"""Probability of an answer at random that is expected before any answer."""


@dataclass(frozen=True, slots=True, eq=False)
class LapsingLikelihood:
    """What utilities and lapses say about contests, and how it changes with them."""

    value: Floats
    """`s` log-likelihoods."""
    by_slot: Floats
    """`n x k x s` derivatives in what each entrant is worth."""
    by_log_odds: Floats
    """`s` derivatives in the lapse's log-odds."""


def lapsing_likelihood(
    utility: Floats, lapse: Floats, choices: Choices
) -> LapsingLikelihood:
    """Return the log-likelihood of contests that now and then end at random.

    Args:
        utility: `m x s` utilities, the outside option's last if it takes part.
        lapse: `s` probabilities of an end at random.
        choices: the recorded contests.
    """
    absent = ~choices.present[:, :, None]
    shown = utility[choices.slates]
    if absent.any():
        shown = np.where(absent, -np.inf, shown)
    shown -= shown.max(axis=1, keepdims=True)
    np.exp(shown, out=shown)
    slots = shown / shown.sum(axis=1, keepdims=True)
    chance = 1.0 / choices.present.sum(axis=1)[:, None, None]
    won = (1.0 - lapse) * slots + lapse * chance
    shares = choices.shares[:, :, None]
    per_win = shares / won
    meant = shares - lapse * chance * per_win
    by_lapse = (per_win * (chance - slots)).sum(axis=(0, 1))
    return LapsingLikelihood(
        value=(shares * np.log(won)).sum(axis=(0, 1)),
        by_slot=meant - slots * meant.sum(axis=1, keepdims=True),
        by_log_odds=by_lapse * lapse * (1.0 - lapse),
    )


def with_lapses(chance: Floats, lapse: float) -> Floats:
    """Return probabilities of answers, some of them given at random.

    Args:
        chance: probabilities of all answers, without lapses.
        lapse: probability of an answer at random.
    """
    mixed: Floats = (1.0 - lapse) * chance + lapse / len(chance)
    return mixed
