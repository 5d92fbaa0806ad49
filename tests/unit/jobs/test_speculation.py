"""Rows rendered ahead, as they are stored."""

from __future__ import annotations

import json

import pytest

from multibo.jobs import keys
from multibo.jobs.errors import JobDocumentError
from multibo.jobs.speculation import (
    SpeculativeRow,
    digest_of,
    is_asked,
    row_to_json,
    spec_of,
)
from tests.support.builders import a_render_spec


def a_row(probability: float = 0.25) -> SpeculativeRow:
    return SpeculativeRow(a_render_spec(base_seed=2**62 + 1), (0, 2), probability)


def test_a_row_reads_back_with_its_large_seed() -> None:
    document = row_to_json(a_row())

    assert spec_of(document) == a_row().spec
    assert not is_asked(document)
    assert json.loads(document)["answers"] == "0,2,"


def test_what_is_likelier_to_be_shown_comes_first() -> None:
    rows = [a_row(0.1), a_row(1.0), a_row(0.6)]

    ranked = sorted(rows, key=lambda row: row.place)

    assert [row.probability for row in ranked] == [1.0, 0.6, 0.1]


def test_a_row_is_named_by_its_spec() -> None:
    digest = digest_of(a_render_spec(base_seed=3))

    assert len(digest) == 64
    assert digest != digest_of(a_render_spec(base_seed=4))


def test_a_damaged_document_is_refused() -> None:
    with pytest.raises(JobDocumentError, match="speculative"):
        spec_of("{}")


def test_the_reference_of_a_speculative_row_reads_back() -> None:
    reference = keys.speculative_reference("local/abcd", "0" * 64)

    assert keys.parse_speculative(reference) == ("local/abcd", "0" * 64)
    with pytest.raises(ValueError, match="unpack"):
        keys.parse_speculative("local/abcd/3/1")
