"""The seed lottery: fresh seeds for ever, the best one kept; pressing "again"."""

import sys

from multibo.evaluation.reach.casting import Casting
from multibo.evaluation.reach.strategy import Strategy
from multibo.jobs.catalog import ModelSpec
from multibo.jobs.spec import RenderSpec


def seed_lottery(_model: ModelSpec, start: RenderSpec) -> Strategy:
    """Begin a casting that never ends.

    Args:
        _model: not needed: every model has seeds.
        start: the identity at the task's seed.
    """
    return Casting(start, at_least=sys.maxsize, at_most=sys.maxsize)
