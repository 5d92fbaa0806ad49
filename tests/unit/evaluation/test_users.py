import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor

from multibo.evaluation.errors import ProtocolError
from multibo.evaluation.users import SimulatedUser


@dataclass(frozen=True)
class Brightness:
    """Distance of the mean brightness: a metric one can compute by hand."""

    name: str = "brightness"

    def distances(self, pictures: Tensor, target: Tensor) -> Tensor:
        return (pictures.mean(dim=(1, 2, 3)) - target.mean()).abs()


def gray(level: float) -> Tensor:
    return torch.full((3, 4, 4), level)


def a_user(temperature: float = 0.0, lapse: float = 0.0) -> SimulatedUser:
    return SimulatedUser(gray(0.5), Brightness(), temperature, lapse)


def frequencies(user: SimulatedUser, shown: list[Tensor], n: int = 4000) -> list[float]:
    generator = np.random.default_rng(0)
    chosen = [user.choose(shown, generator=generator) for _ in range(n)]
    return [chosen.count(slot) / n for slot in range(len(shown))]


def test_a_clean_user_chooses_the_closest_picture() -> None:
    shown = [gray(0.1), gray(0.6), gray(0.9)]

    assert a_user().choose(shown, generator=np.random.default_rng(0)) == 1


def test_of_equally_close_pictures_a_clean_user_keeps_the_first() -> None:
    shown = [gray(0.25), gray(0.75), gray(0.25)]

    assert a_user().probabilities(shown).tolist() == [1, 0, 0]


def test_a_noisy_user_follows_the_softmax_of_nearness() -> None:
    shown = [gray(0.5), gray(0.6)]
    user = a_user(temperature=0.1)
    expected = 1 / (1 + math.exp(-1))

    assert user.probabilities(shown)[0].item() == pytest.approx(expected, abs=1e-6)
    assert frequencies(user, shown)[0] == pytest.approx(expected, abs=0.03)


def test_a_lapse_is_a_choice_at_random() -> None:
    shown = [gray(0.5), gray(0.9)]
    user = a_user(lapse=0.4)

    assert user.probabilities(shown).tolist() == pytest.approx([0.8, 0.2])
    assert frequencies(user, shown)[1] == pytest.approx(0.2, abs=0.03)


def test_equal_seeds_give_equal_answers() -> None:
    shown = [gray(level) for level in (0.4, 0.5, 0.6, 0.7)]
    user = a_user(temperature=0.2, lapse=0.1)

    def answers(seed: int) -> list[int]:
        generator = np.random.default_rng(seed)
        return [user.choose(shown, generator=generator) for _ in range(50)]

    assert answers(1) == answers(1)
    assert answers(1) != answers(2)


def test_probabilities_sum_to_one_even_at_a_minute_temperature() -> None:
    shown = [gray(0.1), gray(0.49), gray(0.9)]

    probabilities = a_user(temperature=1e-9).probabilities(shown)

    assert probabilities.sum().item() == pytest.approx(1)
    assert int(probabilities.argmax()) == 1


@pytest.mark.parametrize(
    ("temperature", "lapse"), [(-0.1, 0), (float("nan"), 0), (0, -0.1), (0, 1.1)]
)
def test_impossible_noise_is_refused(temperature: float, lapse: float) -> None:
    with pytest.raises(ProtocolError, match="must be"):
        a_user(temperature, lapse)
