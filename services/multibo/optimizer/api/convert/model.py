"""Models and warp spaces to `model.proto`, and their resource names."""

from __future__ import annotations

import re
from typing import Final

from multibo.jobs.catalog import Catalog, ModelSpec, SearchSpaceSpec
from multibo.jobs.errors import UnknownModelError
from multibo.optimizer.api.convert.times import duration
from multibo.optimizer.app.create import DEFAULT_K, DEFAULT_ROUNDS
from multibo.optimizer.app.values import Readiness
from multibo.optimizer.session.bounds import MAX_ROUNDS, MAX_SLATE, MIN_SLATE
from multibo.optimizer.session.errors import FieldInvalidError
from multibo.v1 import model_pb2
from multibo.warp.space import QUANTUM

_ID: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
_MODEL: Final = re.compile(rf"models/({_ID})")
_WARP_SPACE: Final = re.compile(rf"models/({_ID})/warpSpaces/({_ID}@[0-9]{{1,6}})")


def model_name(model: str) -> str:
    """Return the resource name of a model.

    Args:
        model: name in the catalog.
    """
    return f"models/{model}"


def warp_space_name(model: str, space: str) -> str:
    """Return the resource name of a warp space.

    Args:
        model: name in the catalog.
        space: `family@revision`.
    """
    return f"models/{model}/warpSpaces/{space}"


def parse_model(name: str, *, field: str) -> str:
    """Return the catalog name of a model.

    Args:
        name: resource name.
        field: path of the request's field.

    Raises:
        FieldInvalidError: if it is no model's name.
    """
    match = _MODEL.fullmatch(name)
    if match is None:
        raise FieldInvalidError(field, "must have the form models/{model}")
    return match[1]


def parse_warp_space(name: str, *, field: str) -> tuple[str, str]:
    """Return model and `family@revision` of a warp space.

    Args:
        name: resource name.
        field: path of the request's field.

    Raises:
        FieldInvalidError: if it is no warp space's name.
    """
    match = _WARP_SPACE.fullmatch(name)
    if match is None:
        raise FieldInvalidError(
            field, "must have the form models/{model}/warpSpaces/{space}@{revision}"
        )
    return match[1], match[2]


def check_revision(catalog: Catalog, model: str, revision: str) -> None:
    """Refuse a model revision this deployment does not render.

    Args:
        catalog: of this deployment.
        model: name in the catalog; "" is the default.
        revision: as asked for; "" is the current one.

    Raises:
        UnknownModelError: if the catalog has another revision or no such model.
    """
    current = catalog.model(model)
    if revision and revision != current.revision:
        known = f"{current.name}@{current.revision}"
        raise UnknownModelError(f"{current.name}@{revision}", known=(known,))


def model_message(model: ModelSpec, readiness: Readiness) -> model_pb2.Model:
    """Return a model of the catalog.

    Args:
        model: its settings.
        readiness: how it stands in the fleet.
    """
    ready = readiness.n_workers > 0
    default = model.search_space("")
    return model_pb2.Model(
        name=model_name(model.name),
        title=model.title,
        revision=model.revision,
        readiness=(
            model_pb2.MODEL_READINESS_READY
            if ready
            else model_pb2.MODEL_READINESS_ABSENT
        ),
        estimated_wait=duration(readiness.wait_ms) if ready else None,
        examples=model.examples,
        width_px=model.width_px,
        height_px=model.height_px,
        steps=model.steps,
        guidance=model.guidance,
        negative_prompt=model.negative_prompt,
        max_prompt_tokens=model.max_tokens,
        default_warp_space=warp_space_name(model.name, default.name),
        warp_dimension=default.dimension,
        warp_spaces=[warp_space_name(model.name, name) for name in model.search_spaces],
        min_slate_size=MIN_SLATE,
        max_slate_size=MAX_SLATE,
        default_slate_size=DEFAULT_K,
        max_rounds=MAX_ROUNDS,
        default_rounds=DEFAULT_ROUNDS,
        default_casting_rounds=model.casting_rounds,
    )


def warp_space_message(model: str, spec: SearchSpaceSpec) -> model_pb2.WarpSpace:
    """Return a warp space with its axes.

    Args:
        model: name in the catalog.
        spec: the space as the catalog lists it.
    """
    space = spec.space
    family, _, revision = spec.name.rpartition("@")
    return model_pb2.WarpSpace(
        name=warp_space_name(model, spec.name),
        family=family,
        revision=int(revision),
        dimension=space.dimension,
        axes=[
            model_pb2.WarpAxis(
                name=axis.name,
                low_label=axis.low_label,
                high_label=axis.high_label,
                lower=-1.0,
                upper=1.0,
            )
            for axis in space.axes
        ],
        identity=[0.0] * space.dimension,
        resolution=1.0 / QUANTUM,
    )
