from __future__ import annotations

from dataclasses import replace

import pytest

from multibo.jobs import codec
from multibo.jobs.errors import JobDocumentError
from multibo.jobs.job import JobState, RenderJob, job_field, retry_delay_ms
from tests.support.builders import a_render_spec, an_image


def a_job() -> RenderJob:
    return RenderJob(
        3,
        1,
        a_render_spec(base_seed=2**63 - 1),
        state=JobState.READY,
        attempt=2,
        image=an_image(),
        features=(0.25, -1.5),
        note="the prompt has 80 tokens",
    )


def test_a_job_reads_back_equal() -> None:
    assert codec.job_from_json(codec.job_to_json(a_job())) == a_job()


def test_a_job_keeps_the_trace_it_is_part_of_and_its_address_does_not() -> None:
    job = replace(a_job(), trace=f"00-{'ab' * 16}-{'cd' * 8}-01")

    assert codec.job_from_json(codec.job_to_json(job)) == job
    assert job.spec.address("n") == a_job().spec.address("n")
    assert "trace" not in codec.job_to_json(a_job())


def test_a_job_without_image_reads_back_equal() -> None:
    job = replace(a_job(), image=None, features=(), state=JobState.QUEUED)

    assert codec.job_from_json(codec.job_to_json(job)) == job


def test_an_image_with_a_thumbnail_reads_back_equal() -> None:
    image = replace(an_image(), thumbnail=an_image(1))

    assert codec.image_from_json(codec.image_to_json(image)) == image


def test_an_image_without_one_is_written_as_before_there_were_any() -> None:
    assert "thumbnail" not in codec.image_to_json(an_image())


@pytest.mark.parametrize(
    ("features", "n_characters"),
    [
        ((), 0),
        (tuple(round(n / 45.1, 4) for n in range(256)), 684),
        ((0.5, 6.5536), 13),
        ((0.12345, -1.0), 15),
    ],
)
def test_features_read_back_to_the_bit_in_few_characters(
    features: tuple[float, ...], n_characters: int
) -> None:
    text = codec.features_to_text(features)

    assert codec.features_from_text(text) == features
    assert len(text) == n_characters


@pytest.mark.parametrize("text", ["[0.5", "A", "AAA=x", "AAAA"])
def test_damaged_features_are_refused(text: str) -> None:
    with pytest.raises(JobDocumentError):
        codec.features_from_text(text)


@pytest.mark.parametrize("data", ["", "{}", "[]", '{"schema":1}', '{"schema":2}'])
def test_a_damaged_document_is_refused(data: str) -> None:
    with pytest.raises(JobDocumentError):
        codec.job_from_json(data)
    with pytest.raises(JobDocumentError):
        codec.image_from_json(data or "nul")


def test_a_requeued_job_keeps_its_fence_and_loses_its_past() -> None:
    failed = replace(
        a_job(), state=JobState.FAILED, failures=3, lapses=2, failure="poison"
    )

    again = failed.queued_again(now_ms=99)

    assert (again.state, again.attempt) == (JobState.QUEUED, 2)
    assert (again.failures, again.lapses, again.failure) == (0, 0, "")
    assert again.due_ms == again.enqueued_ms == 99
    assert failed.ended
    assert not again.ended


def test_retries_wait_2_4_8_seconds() -> None:
    assert [retry_delay_ms(n) for n in (1, 2, 3, 4)] == [2000, 4000, 8000, 8000]
    assert job_field(3, 1) == a_job().field == "3/1"
