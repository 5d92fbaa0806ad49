"""What a slate is worth: what its answer is expected to tell, and how good it is.

What it tells is the mutual information of the answer and which draw of target search
is true (Lindley, 1956; Houlsby et al., 2011): the answer should be hard to foretell not
knowing the draw, and easy knowing it. Candidates too much alike for a person as noisy
as this one tell nothing, nor do those so far off that nobody picks them. How good it is
is the expected utility of its best (qEUBO: Astudillo et al., 2023), in logits of the
person: with a decisive one it outweighs the information, and the slate is tight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from multibo.optimizer.preference.arrays import Floats
from multibo.optimizer.preference.target import TargetModel

_LOGIT: Final = 0.1
"""Nats a slate may tell less for a logit its best is better."""
_LARGEST_LEAD: Final = 300.0
"""In logits; beyond it exponentials would overflow."""
_TINY: Final = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class SlateValue:
    """What a slate that is still being filled is worth, in nats."""

    model: TargetModel
    filled: Floats
    """`j x s` utilities of the candidates the slate has, one or more."""

    def with_each(self, values: Floats) -> Floats:
        """Return what the slate is worth with one of `p` candidates more, in nats.

        Args:
            values: `p x s` utilities of theirs.
        """
        n_draws = values.shape[1]
        top = self.filled.max(axis=0)
        lead, own_lead = np.minimum(values - top, _LARGEST_LEAD), self.filled - top
        own, joining = np.exp(own_lead), np.exp(lead)
        total = own.sum(axis=0) + joining
        share = 1.0 / total
        chance = np.column_stack([(joining * share).mean(axis=1), share @ own.T])
        chance[:, 1:] /= n_draws
        meant = joining * lead + (own * own_lead).sum(axis=0)
        noise = (np.log(total) - meant * share).mean(axis=1)
        surprise = -(chance * np.log(np.maximum(chance, _TINY))).sum(axis=1)
        best = np.maximum(values, top).mean(axis=1)
        worth: Floats = surprise - noise + _LOGIT * best
        return worth

    def value_and_gradient(self, points: Floats) -> tuple[float, Floats]:
        """Return what the slate is worth with all of some candidates more, in nats.

        Args:
            points: `n x d` candidates.

        Returns:
            The worth, and its `n x d` gradient in the candidates.
        """
        evaluation = self.model.evaluate(points)
        utility = np.vstack([evaluation.values, self.filled])
        best = utility.max(axis=0)
        chosen = np.exp(utility - best)
        chosen /= chosen.sum(axis=0)
        expected = chosen.mean(axis=1, keepdims=True)
        ratio = np.log(np.maximum(chosen, _TINY)) - np.log(np.maximum(expected, _TINY))
        told = (chosen * ratio).sum(axis=0)
        by_utility = chosen * (ratio - told)
        by_utility[utility.argmax(axis=0), np.arange(told.size)] += _LOGIT
        by_utility /= told.size
        worth = float((told + _LOGIT * best).mean())
        return worth, evaluation.gradient(by_utility[: len(points)])
