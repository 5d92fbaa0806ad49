"""The Helm chart, rendered by Helm and checked against Kubernetes' schemas."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Final

import kubernetes_validate
import pytest

from tests.support.charts import (
    CHART,
    Manifest,
    containers,
    of_kind,
    refusal,
    rendered,
)
from tests.support.environment import documented_variables

TRIAL: Final = CHART / "ci" / "trial.yaml"
FULL: Final = CHART / "ci" / "full.yaml"
CUSTOM: Final = {"ServiceMonitor", "PrometheusRule", "ScaledObject"}
KUBERNETES: Final = ("1.27.0", "1.34.0")


@pytest.fixture(scope="module", params=[TRIAL, FULL], ids=["trial", "full"])
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    return rendered(request.param)


@pytest.mark.parametrize("version", KUBERNETES)
def test_every_manifest_is_what_the_cluster_takes(
    manifests: list[Manifest], version: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    known = [one for one in manifests if one["kind"] not in CUSTOM]

    for manifest in known:
        kubernetes_validate.validate(manifest, version, strict=True)

    assert len(known) >= 15


def test_no_container_runs_as_root_or_writes_into_its_image(
    manifests: list[Manifest],
) -> None:
    for workload in of_kind(manifests, "Deployment"):
        pod = workload["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
    for container in containers(manifests):
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}


def test_every_variable_is_one_the_processes_read(manifests: list[Manifest]) -> None:
    named = {
        entry["name"]
        for container in containers(manifests)
        for entry in container.get("env", ())
    }

    assert named - documented_variables() == set()


def test_secrets_come_by_reference_only(manifests: list[Manifest]) -> None:
    assert of_kind(manifests, "Secret") == []
    for container in containers(manifests):
        for entry in container.get("env", ()):
            secret = entry["name"].endswith("URL_KEY")
            assert not secret or "secretKeyRef" in entry["valueFrom"]


def test_every_selector_finds_the_pods_it_means(manifests: list[Manifest]) -> None:
    pods = [
        one["spec"]["template"]["metadata"]["labels"]
        for one in manifests
        if one["kind"] in {"Deployment", "StatefulSet"}
    ]
    for manifest in manifests:
        for selector in _selectors(manifest):
            assert any(selector.items() <= labels.items() for labels in pods), manifest


def _selectors(manifest: Manifest) -> list[dict[str, str]]:
    spec: dict[str, Any] = manifest.get("spec", {})
    if manifest["kind"] == "Service":
        return [spec["selector"]]
    if manifest["kind"] in {"Deployment", "StatefulSet", "PodDisruptionBudget"}:
        return [spec["selector"]["matchLabels"]]
    if manifest["kind"] == "NetworkPolicy":
        return [spec["podSelector"]["matchLabels"]]
    return []


def test_the_fleet_is_scaled_by_one_number_or_by_the_wait() -> None:
    by_hand = rendered(TRIAL, "render.pools.default.replicas=7")
    by_wait = rendered(FULL)

    [pool] = [one for one in of_kind(by_hand, "Deployment") if _is_render(one)]
    assert pool["spec"]["replicas"] == 7
    pools = [one for one in of_kind(by_wait, "Deployment") if _is_render(one)]
    scaled = {
        one["spec"]["scaleTargetRef"]["name"]: one["spec"]["triggers"]
        for one in of_kind(by_wait, "ScaledObject")
    }
    assert set(scaled) == {one["metadata"]["name"] for one in pools}
    # A number of replicas in the manifest would fight the autoscaler.
    assert all("replicas" not in one["spec"] for one in pools)
    [trigger] = scaled["rel-multibo-render-sdxl"]
    assert trigger["metadata"]["valueLocation"] == "models.sdxl.wait_s"


def _is_render(manifest: Manifest) -> bool:
    labels = manifest["metadata"]["labels"]
    return bool(labels.get("app.kubernetes.io/component") == "render")


def test_strangers_reach_nothing_but_the_page() -> None:
    policies = {
        one["metadata"]["name"]: one["spec"]["ingress"]
        for one in of_kind(rendered(FULL), "NetworkPolicy")
    }

    ports = {
        name: [port["port"] for rule in rules for port in rule["ports"]]
        for name, rules in policies.items()
    }
    assert ports == {
        "rel-multibo-optimizer": ["grpc", "metrics"],
        "rel-multibo-render": ["metrics"],
        "rel-multibo-gateway": ["http"],
    }
    assert all(rule["from"] for rules in policies.values() for rule in rules)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("optimizer.auth.apiKeysSecret=", "the optimizer serves no stranger"),
        ("optimizer.tls.secretName=", "optimizer.tls.secretName is needed"),
        ("blobs.url=", "blobs.url is needed"),
        ("redis.trial.enabled=false", "redis.urlSecret.name"),
        ("optimizer.tls.clientCertificates=true", "gateway.clientCertificateSecret"),
        ("gateway.ingress.enabled=true", "gateway.hosts is needed"),
        ("render.pools.default.batchRows=9", "batchRows"),
        ("optimizer.replica=3", "replica"),
        ("blobs.url=ftp://x", "blobs.url"),
    ],
)
def test_values_that_would_not_run_are_refused_in_words(change: str, says: str) -> None:
    assert says in refusal(TRIAL, change).replace("/", ".")


def test_without_values_it_says_what_it_needs() -> None:
    assert "is needed" in refusal()


def test_rules_and_dashboard_are_those_of_the_repository() -> None:
    manifests = rendered(FULL)
    observed = Path(CHART, "../../observability")

    [rules] = of_kind(manifests, "PrometheusRule")
    groups = rules["spec"]["groups"]
    dashboards = [
        one for one in of_kind(manifests, "ConfigMap") if "dashboard" in str(one)
    ]

    assert [group["name"] for group in groups] == ["multibo", "multibo-recorded"]
    written = (observed / "dashboard.json").read_text()
    assert dashboards[0]["data"]["multibo.json"].strip() == written.strip()
