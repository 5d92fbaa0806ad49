from __future__ import annotations

from dataclasses import fields, replace

import pytest

from multibo.jobs.spec import RenderSpec, Turn
from tests.support.builders import a_render_spec

GOLDEN = "da91e7f4"


def test_the_address_is_stable_over_releases() -> None:
    # A field added later must keep old addresses: stored images would be orphaned.
    assert a_render_spec().address("tag")[:8] == GOLDEN


def test_the_canonical_form_reads_back() -> None:
    turn = Turn(seeds=(2**63 - 1, 7), angles=(-4096, 12))
    spec = a_render_spec(prompt='naïve "portrait", 你好')
    in_parts = Turn((3, 4), (0, 9), parts=(2, 3))
    turned = replace(spec, turns=(turn, Turn((3,), (0,)), in_parts))

    assert RenderSpec.from_canonical(spec.canonical()) == spec
    assert RenderSpec.from_canonical(turned.canonical()) == turned


def test_a_turn_of_the_whole_picture_keeps_its_address() -> None:
    spec = replace(a_render_spec(), turns=(Turn((1,), (2,)),))

    assert b"parts" not in spec.canonical()
    in_parts = replace(spec, turns=(Turn((1,), (2,), (2, 1)),))
    assert in_parts.address("tag") != spec.address("tag")


def test_every_field_and_the_numerics_change_the_address() -> None:
    spec = a_render_spec()
    changed = {
        "warp": (1, *spec.warp[1:]),
        "guidance": 3.0,
        "turns": (Turn((1,), (2,)),),
    }
    specs = [
        replace(
            spec,
            **{
                field.name: changed.get(field.name)
                or (getattr(spec, field.name) + ("x" if field.type == "str" else 1))
            },
        )
        for field in fields(spec)
    ]

    addresses = {one.address("tag") for one in [spec, *specs]} | {spec.address("other")}

    assert len(addresses) == len(specs) + 2


def test_rows_of_other_prompts_seeds_and_warps_share_a_batch() -> None:
    spec = a_render_spec()

    others = [
        replace(spec, prompt="voxel portrait"),
        replace(spec, base_seed=1),
        replace(spec, warp=(0,) * 16),
        replace(spec, turns=(Turn((1,), (2,)),)),
    ]

    assert {one.compat_key for one in others} == {spec.compat_key}
    assert replace(spec, steps=20).compat_key != spec.compat_key
    assert replace(spec, guidance=1.0).compat_key != spec.compat_key


def test_guidance_parts_batches_only_where_it_could_be_in_the_weights() -> None:
    spec = a_render_spec(negative_prompt="")
    negated = replace(spec, negative_prompt="hat")

    assert replace(spec, guidance=4.0).compat_key != spec.compat_key
    assert replace(negated, guidance=4.0).compat_key == negated.compat_key
    assert negated.compat_key != spec.compat_key


@pytest.mark.parametrize("data", ["[]", "{}", '{"model":"x"}', "nul"])
def test_anything_else_is_no_spec(data: str) -> None:
    with pytest.raises(ValueError, match=r"spec|Expecting"):
        RenderSpec.from_canonical(data)
