"""The strategies of the study, by the names its tables have for them."""

from collections.abc import Mapping
from typing import Final

from multibo.evaluation.reach.composite import Policy, composite_evolution
from multibo.evaluation.reach.lottery import seed_lottery
from multibo.evaluation.reach.noise_evolution import noise_evolution
from multibo.evaluation.reach.step_size import SHRINKAGE
from multibo.evaluation.reach.strategy import OpenStrategy
from multibo.evaluation.reach.warps import random_warps, warp_evolution

LOTTERY: Final = "seed lottery"
RANDOM_WARPS: Final = "random warps"
WARP_EVOLUTION: Final = "warp evolution"
PAPER_WARPS: Final = "afftps-24 evolution"
CASTING_NOISE: Final = "casting + noise evolution"
STEPWISE_WITHOUT_WARPS: Final = "stepwise composite without warps"
STEPWISE: Final = "stepwise composite"
WITHOUT_WARPS: Final = "settling composite without warps"
COMPOSITE: Final = "settling composite"

# Played by an earlier evolution, to which the commit in their provenance leads: it
# cast until a seed was kept twice, and kept base and directions for six rounds.
FIRST_COMPOSITE: Final = "composite"
FIRST_WITHOUT_WARPS: Final = "composite without warps"

STEPWISE_POLICY: Final = Policy(
    casting_at_least=5,
    casting_at_most=5,
    warps_settled=0.5,
    shrinkage=SHRINKAGE,
)
POLICY: Final = Policy(
    casting_at_least=2,
    casting_at_most=5,
    warps_settled=1.0,
    shrinkage=0.85,
)

STRATEGIES: Final[Mapping[str, OpenStrategy]] = {
    LOTTERY: seed_lottery,
    RANDOM_WARPS: random_warps("flow-16@1"),
    WARP_EVOLUTION: warp_evolution("flow-16@1"),
    PAPER_WARPS: warp_evolution("afftps-24@1"),
    CASTING_NOISE: noise_evolution,
    STEPWISE_WITHOUT_WARPS: composite_evolution("search-0-2x3@1", STEPWISE_POLICY),
    STEPWISE: composite_evolution("search-8-2x3@1", STEPWISE_POLICY),
    WITHOUT_WARPS: composite_evolution("search-0-2x3@1", POLICY),
    COMPOSITE: composite_evolution("search-8-2x3@1", POLICY),
}
