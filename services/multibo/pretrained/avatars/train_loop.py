"""The loop all stages share: one cycle of the learning rate, averaged weights."""

import copy
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, ParamSpec, TypeVar

import torch
from torch import Tensor, nn
from torch.amp.autocast_mode import autocast

from multibo.pretrained.avatars.train_plan import Recipe

_WARM_UP: Final = 0.03
_FLOOR: Final = 0.03
_REPORT_EVERY: Final = 200
_GRADIENT_NORM: Final = 1.0

ModuleT = TypeVar("ModuleT", bound=nn.Module)
P = ParamSpec("P")


@dataclass(slots=True)
class Averaged(Generic[ModuleT]):
    """A model in training and the moving average of its weights, which is kept."""

    model: ModuleT
    average: ModuleT
    decay: Callable[[int], float]
    """From the number of steps taken to the average's memory, in [0, 1)."""

    @classmethod
    def start(
        cls, model: ModuleT, decay: Callable[[int], float]
    ) -> "Averaged[ModuleT]":
        """Return a model with an average that equals it.

        Args:
            model: trained in place.
            decay: from the number of steps taken to the average's memory.
        """
        return cls(model, copy.deepcopy(model).eval(), decay)

    def update(self, step: int) -> None:
        """Move the average toward the model.

        Args:
            step: how many steps were taken before this one.
        """
        with torch.no_grad():
            torch._foreach_lerp_(
                list(self.average.parameters()),
                [weight.detach() for weight in self.model.parameters()],
                1 - self.decay(step),
            )


def device() -> torch.device:
    """Return the accelerator if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def compiled(function: Callable[P, Tensor]) -> Callable[P, Tensor]:
    """Return a function as one fused program on an accelerator, itself elsewhere.

    Args:
        function: from tensors and models to a loss.
    """
    if device().type == "cpu":
        return function  # compiling costs more than a toy run
    return torch.compile(function)


def train(
    name: str,
    models: Sequence[nn.Module],
    loss: Callable[[], Tensor],
    recipe: Recipe,
    averages: Sequence[Averaged[nn.Module]] = (),
) -> None:
    """Train models in place until the recipe's time or steps are spent.

    Args:
        name: of the stage, for the progress lines.
        models: those whose weights are optimized, together.
        loss: draws a batch and returns its loss.
        recipe: batch, rates and limits.
        averages: updated after every step.
    """
    weights = [weight for model in models for weight in model.parameters()]
    optimizer = torch.optim.AdamW(
        weights,
        recipe.learning_rate,
        betas=(0.9, recipe.second_moment),
        weight_decay=recipe.weight_decay,
    )
    print(f"{name}: {sum(weight.numel() for weight in weights) / 1e6:.1f} M weights")
    started: float | None = None
    step, done = 0, 0.0
    while done < 1:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(done, recipe.learning_rate)
        value = _step(weights, loss, optimizer)
        for averaged in averages:
            averaged.update(step)
        # The first step compiles; the clock starts behind it.
        started = time.monotonic() if started is None else started
        step += 1
        elapsed = (time.monotonic() - started) / recipe.limit_s
        done = max(elapsed, step / recipe.n_steps)
        if step % _REPORT_EVERY == 0 or done >= 1:
            print(f"{name}: step {step}, {min(done, 1):.0%}, loss {value.item():.4f}")


def learning_rate(done: float, peak: float) -> float:
    """Return the learning rate at a point of the run.

    Args:
        done: the part of the run that is over, in [0, 1].
        peak: the rate at the end of the warm-up.
    """
    if done < _WARM_UP:
        # A rate of exactly 0 would waste the first step.
        return peak * max(done / _WARM_UP, 1e-3)
    cosine = 0.5 * (1 + math.cos(math.pi * (done - _WARM_UP) / (1 - _WARM_UP)))
    return peak * (cosine * (1 - _FLOOR) + _FLOOR)


def _step(
    weights: Sequence[nn.Parameter],
    loss: Callable[[], Tensor],
    optimizer: torch.optim.Optimizer,
) -> Tensor:
    with autocast(device().type, dtype=torch.bfloat16):
        value = loss()
    optimizer.zero_grad(set_to_none=True)
    value.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(weights, _GRADIENT_NORM)
    optimizer.step()
    return value.detach()
