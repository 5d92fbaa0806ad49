"""Entry point: `python -m multibo.evaluation VERB`."""

import os
import signal
import sys
from types import FrameType
from typing import Final, NoReturn

from multibo.evaluation.arguments import (
    Arguments,
    DemoArguments,
    ImageArguments,
    JudgesArguments,
    SeedsArguments,
    parse,
)
from multibo.evaluation.calibration.arguments import CalibrateArguments
from multibo.evaluation.errors import EvaluationError
from multibo.evaluation.preferences.arguments import PreferenceArguments
from multibo.evaluation.reach.arguments import (
    ReachReportArguments,
    ReachRunArguments,
)
from multibo.evaluation.settings import Settings

# 128 + the signal, as shells have it.
_EXIT_INTERRUPTED: Final = 130
_EXIT_TERMINATED: Final = 143


def main() -> int:
    """Run the command line and return the exit status."""
    given = parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, _leave)
    try:
        _run(given, Settings.read(os.environ))
    except EvaluationError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return _EXIT_INTERRUPTED
    return 0


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    # Unwinds the stack's context, which a bare SIGTERM would not.
    raise SystemExit(_EXIT_TERMINATED)


def _run(given: Arguments, settings: Settings) -> None:
    if isinstance(given, PreferenceArguments):
        # No images, hence no torch unless a rival needs it.
        from multibo.evaluation.preferences import commands

        commands.perform(given)
    else:
        _run_on_images(given, settings)


def _run_on_images(given: ImageArguments, settings: Settings) -> None:
    # transformers reads this once, when it is imported. Its notes on missing image
    # processors and its bars would drown what the verbs have to say.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    # Imported late: a mistyped option is answered before torch has been loaded.
    from multibo.evaluation import benchmark, demo, stacks, validity
    from multibo.evaluation.calibration.study import calibrate
    from multibo.evaluation.reach import study
    from multibo.jobs.catalog import Catalog
    from multibo.pretrained import catalog_path
    from multibo.render.pipelines import load_pipeline
    from multibo.render.precision import Precision

    match given:
        case DemoArguments():
            demo.show(given, settings)
        case SeedsArguments():
            benchmark.measure_seeds(given, settings, stacks.embedded_pipeline())
        case JudgesArguments():
            model = stacks.embedded_pipeline().model
            paths = validity.rendered_paths(model, given.seeds)
            benchmark.measure_judges(given, paths)
        case CalibrateArguments():
            catalog = Catalog.load(given.catalog or catalog_path())
            precision = Precision.named(dtype=given.dtype, device="cpu")
            model = catalog.model(given.model)
            calibrate(given, load_pipeline(model, precision=precision))
        case ReachRunArguments():
            study.run(given, Catalog.load(catalog_path()).default)
        case ReachReportArguments():
            study.report(given)


if __name__ == "__main__":
    sys.exit(main())
