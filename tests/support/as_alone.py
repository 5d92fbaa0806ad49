"""Whether stored images are those that a row gives when nothing goes wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor

from multibo.blobs.filesystem import FilesystemBlobs
from multibo.jobs.catalog import Catalog
from multibo.jobs.job import RenderJob
from multibo.render import images
from multibo.render.pipelines import Pipeline, load_pipeline
from multibo.render.precision import Precision

BATCH_SIZES = (4, 3, 1, 2)
"""Of a worker of four rows, the likeliest first."""
ROUNDED = 2 / 255
"""How far pixels may be apart across padded sizes, in float32."""


@dataclass
class Comparison:
    """How images compare with those of an undisturbed render."""

    n_equal: int = 0
    """Bit for bit, at one of the padded sizes."""
    n_close: int = 0
    """Within `ROUNDED`: the batch shrank on the way."""
    different: list[str] = field(default_factory=list)
    """Fields of the jobs whose images are others."""


def compared(jobs: Sequence[RenderJob], folder: Path, catalog: Path) -> Comparison:
    """Render what has been rendered again, undisturbed, and compare.

    Args:
        jobs: READY, each with an image.
        folder: of the images.
        catalog: with the model of all of them.
    """
    model = Catalog.load(catalog).model(jobs[0].spec.model)
    precision = Precision.named(dtype="float32", device=model.loading.device)
    pipeline = load_pipeline(model, threads=1, precision=precision)
    blobs = FilesystemBlobs(folder)
    nearest = [1.0] * len(jobs)
    left = list(range(len(jobs)))
    for size in BATCH_SIZES:
        drawn = _drawn(pipeline, [jobs[at] for at in left], size)
        for at, pixels in zip(left, drawn, strict=True):
            stored = _stored(blobs, jobs[at], pipeline)
            nearest[at] = min(nearest[at], float((stored - pixels).abs().max()))
        left = [at for at in left if nearest[at] > 0]
    found = Comparison(n_equal=len(jobs) - len(left))
    for at in left:
        if nearest[at] <= ROUNDED + 1e-6:
            found.n_close += 1
        else:
            found.different.append(f"{jobs[at].field}: {nearest[at]:.3f}")
    return found


def _drawn(pipeline: Pipeline, jobs: Sequence[RenderJob], size: int) -> list[Tensor]:
    drawn = []
    for at in range(0, len(jobs), size):
        specs = [job.spec for job in jobs[at : at + size]]
        # Padded as a worker pads: the last batch is as large as the others.
        rendered = pipeline.render(specs + specs[:1] * (size - len(specs)))
        drawn += [
            images.decode(image.file.data)
            for image in rendered[: len(specs)]
            if image is not None
        ]
    return drawn


def _stored(blobs: FilesystemBlobs, job: RenderJob, pipeline: Pipeline) -> Tensor:
    assert job.image is not None
    assert job.image.address == job.spec.address(pipeline.numerics)
    return images.decode(blobs.get(job.image.address))
