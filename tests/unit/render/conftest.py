from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from multibo.jobs.catalog import ModelSpec
from multibo.render.pipelines import Pipeline, load_pipeline
from tests.support.tiny_model import tiny_model


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> ModelSpec:
    """A model of random weights, on disk."""
    return tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def pipeline(tiny: ModelSpec) -> Pipeline:
    """The same model, loaded."""
    return load_pipeline(tiny)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads that wait for each other are slow on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
