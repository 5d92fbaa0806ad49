"""A principal that calls too often is told when to come back."""

from __future__ import annotations

from pathlib import Path

import pytest

from multibo.optimizer.api.auth_api_keys import editing, new_key
from multibo.optimizer.api.auth_principals import Scope
from multibo.optimizer.api.endpoint import Capacity
from multibo.optimizer.api.errors import RateExceededError
from multibo.optimizer.api.rate_limit import CallRates
from multibo.v1 import model_service_pb2
from tests.support.credentials import an_authenticator, bearer
from tests.support.fakes import an_app
from tests.support.wire import refused, serving


class Time:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        return self.s


def test_two_seconds_worth_may_come_at_once_and_then_one_at_a_time() -> None:
    time = Time()
    rates = CallRates(5, now_s=time)
    for _ in range(10):
        rates.take("ann")

    with pytest.raises(RateExceededError) as error:
        rates.take("ann")
    assert error.value.retry_after_ms == 200

    time.s += 0.2
    rates.take("ann")
    with pytest.raises(RateExceededError):
        rates.take("ann")


def test_one_principal_does_not_pay_for_another() -> None:
    rates = CallRates(1, now_s=Time())
    rates.take("ann")
    rates.take("ann")

    rates.take("bob")

    with pytest.raises(RateExceededError):
        rates.take("ann")


def test_a_long_absence_saves_up_no_more_than_the_burst() -> None:
    time = Time()
    rates = CallRates(1, now_s=time)
    time.s += 1e6

    rates.take("ann")
    rates.take("ann")

    with pytest.raises(RateExceededError):
        rates.take("ann")


async def test_a_call_too_many_is_refused_on_the_wire(tmp_path: Path) -> None:
    key, text = new_key(["local"], Scope)
    with editing(tmp_path / "keys") as keys:
        keys.append(key)
    models = model_service_pb2.ListModelsRequest()

    async with serving(
        an_app(),
        capacity=Capacity(calls_per_s=1),
        authenticator=an_authenticator(keys=tmp_path / "keys"),
    ) as wire:
        for _ in range(2):
            await wire.models.ListModels(models, metadata=bearer(text))
        answer = await refused(wire.models.ListModels(models, metadata=bearer(text)))

    assert (answer.code.name, answer.reason) == ("RESOURCE_EXHAUSTED", "RATE_LIMITED")
    assert answer.metadata == {"calls_per_s": "1"}
    assert 0 < (answer.retry_after_ms or 0) <= 1000


async def test_who_needs_no_credentials_has_no_limit() -> None:
    models = model_service_pb2.ListModelsRequest()

    async with serving(an_app(), capacity=Capacity(calls_per_s=1)) as wire:
        for _ in range(5):
            await wire.models.ListModels(models)
