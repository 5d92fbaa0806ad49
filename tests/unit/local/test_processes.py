"""The descriptions of the four processes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from multibo.local import processes
from multibo.local.addresses import Address
from multibo.local.processes import Plan, ProcessSpec, RedisPlan

PLAN = Plan(
    redis_url="unix:///state/redis.sock?db=0",
    blob_url="file:///state/images",
    catalog=Path("/models/catalog.toml"),
    grpc_target="127.0.0.1:50051",
    page=Address("127.0.0.1", 8080),
    n_workers=1,
    n_cores=2,
    blob_url_key="k" * 64,
    redis=RedisPlan(Path("/bin/redis-server"), Path("/state"), Path("/state/r.sock")),
)

WORK_AHEAD = "MULTIBO_OPTIMIZER_SPECULATION"


def by_name(plan: Plan = PLAN) -> dict[str, ProcessSpec]:
    return {spec.name: spec for stage in processes.describe(plan) for spec in stage}


def test_each_stage_waits_for_what_it_needs() -> None:
    stages = [[spec.name for spec in stage] for stage in processes.describe(PLAN)]

    assert stages == [["redis"], ["optimizer"], ["worker"], ["gateway"]]


def test_the_gateway_stops_first_and_redis_last() -> None:
    specs = sorted(by_name().values(), key=lambda spec: spec.stop_rank)

    assert [spec.name for spec in specs] == ["gateway", "optimizer", "worker", "redis"]


def test_everything_is_down_within_fifteen_seconds() -> None:
    assert sum(spec.stop_within_s for spec in by_name().values()) <= 15


def test_the_optimizer_alone_is_told_what_to_do_ahead() -> None:
    specs = by_name(replace(PLAN, speculation="images"))

    told = {name for name, spec in specs.items() if WORK_AHEAD in spec.environment}
    assert told == {"optimizer"}
    assert specs["optimizer"].environment[WORK_AHEAD] == "images"
    assert WORK_AHEAD not in by_name()["optimizer"].environment


def test_a_server_of_somebody_else_is_neither_started_nor_stopped() -> None:
    assert "redis" not in by_name(replace(PLAN, redis=None))


def test_workers_are_numbered_start_together_and_share_the_cores() -> None:
    plan = replace(PLAN, n_workers=2, n_cores=8)

    _, _, workers, _ = processes.describe(plan)

    assert [spec.name for spec in workers] == ["worker-1", "worker-2"]
    for spec in workers:
        assert spec.environment["MULTIBO_RENDER_THREADS"] == "4"
        assert spec.environment["OMP_NUM_THREADS"] == "4"


def test_more_workers_than_cores_have_a_thread_each() -> None:
    specs = by_name(replace(PLAN, n_workers=3))

    assert specs["worker-3"].environment["MULTIBO_RENDER_THREADS"] == "1"


def test_rendering_gets_the_cores_and_the_engine_one_thread() -> None:
    specs = by_name()

    assert specs["worker"].environment["OMP_NUM_THREADS"] == "2"
    assert specs["optimizer"].environment["OMP_NUM_THREADS"] == "1"


@pytest.mark.parametrize("name", ["optimizer", "worker", "gateway"])
def test_every_process_gets_what_all_share(name: str) -> None:
    environment = by_name()[name].environment

    assert environment["MULTIBO_REDIS_URL"] == PLAN.redis_url
    assert environment["MULTIBO_BLOB_URL"] == PLAN.blob_url
    assert environment["MULTIBO_CATALOG"] == str(PLAN.catalog)


def test_the_gateway_calls_where_the_optimizer_listens() -> None:
    specs = by_name()

    listens = specs["optimizer"].environment["MULTIBO_OPTIMIZER_LISTEN"]
    calls = specs["gateway"].environment["MULTIBO_GATEWAY_OPTIMIZER"]
    assert listens == calls == PLAN.grpc_target
    assert specs["gateway"].environment["MULTIBO_GATEWAY_LISTEN"] == "127.0.0.1:8080"


def test_image_urls_lead_to_the_gateway_which_has_the_key_that_signs_them() -> None:
    specs = by_name()

    signs, checks = (specs[n].environment for n in ("optimizer", "gateway"))
    assert signs["MULTIBO_OPTIMIZER_GATEWAY_URL"] == "http://127.0.0.1:8080"
    assert signs["MULTIBO_BLOB_URL_KEY"] == checks["MULTIBO_BLOB_URL_KEY"] == "k" * 64
    assert "MULTIBO_BLOB_URL_KEY" not in specs["worker"].environment
    assert "k" * 64 not in repr(PLAN)


def test_programs_are_named_by_absolute_path() -> None:
    for spec in by_name().values():
        assert Path(spec.command[0]).is_absolute()


def test_at_least_one_core_can_be_used() -> None:
    assert processes.n_usable_cores() >= 1
