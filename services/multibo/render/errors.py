"""What can go wrong with a render; the decision is in each docstring."""


class RenderError(Exception):
    """Base of every error of `multibo.render`."""


class ModelFilesError(RenderError):
    """The model cannot be loaded; the operator repairs the files or the catalog."""

    def __init__(self, model: str, reason: str) -> None:
        super().__init__(f"model {model!r} cannot be loaded: {reason}")
        self.model = model
        self.reason = reason


class ModelTooLargeError(RenderError):
    """The model alone exceeds the memory budget; the operator raises it."""

    def __init__(self, model: str, *, n_bytes: int, budget_bytes: int) -> None:
        super().__init__(
            f"model {model!r} takes {n_bytes / 1e6:.0f} MB, the budget is "
            f"{budget_bytes / 1e6:.0f} MB"
        )
        self.model = model
        self.n_bytes = n_bytes
        self.budget_bytes = budget_bytes


class MemorySpentError(RenderError):
    """Evicted models are still in memory; the process makes room by ending."""

    def __init__(self, *, used_bytes: int, budget_bytes: int) -> None:
        super().__init__(
            f"{used_bytes / 1e6:.0f} MB of weights after eviction, the budget is "
            f"{budget_bytes / 1e6:.0f} MB"
        )
        self.used_bytes = used_bytes
        self.budget_bytes = budget_bytes


class DeltaUnusableError(RenderError):
    """The file does not fit the model; the operator repairs the file or the catalog."""


class PrecisionRefusedError(RenderError):
    """The number format or device is not to be had; the operator chooses another."""


class SchedulerUnsupportedError(RenderError):
    """The model's scheduler mixes rows; the operator replaces it in the model."""

    def __init__(self, name: str, *, supported: tuple[str, ...]) -> None:
        super().__init__(f"scheduler {name} is none of {', '.join(supported)}")
        self.name = name
        self.supported = supported


class BatchRefusedError(RenderError):
    """The rows do not make one batch of this model; the caller sorts them anew."""


class TurnRefusedError(RenderError):
    """The start noise cannot be turned so; the caller draws other seeds."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"not a turn of the start noise: {reason}")
        self.reason = reason


class ImageNotFiniteError(RenderError):
    """A row came out as NaN or infinite; render it again or give the job up."""

    def __init__(self, rows: tuple[int, ...]) -> None:
        super().__init__(f"not finite: rows {', '.join(map(str, rows))}")
        self.rows = rows


class GoldenMissingError(RenderError):
    """The model ships no golden image; the operator adds one or skips the check."""

    def __init__(self, model: str, path: str) -> None:
        super().__init__(f"model {model!r} has no readable golden image at {path}")
        self.model = model
        self.path = path


class GoldenMismatchError(RenderError):
    """The model draws other pictures here than it should; the worker claims nothing."""

    def __init__(self, model: str, *, psnr_db: float, required_db: float) -> None:
        super().__init__(
            f"model {model!r}: the golden image came out at {psnr_db:.1f} dB of the "
            f"reference, required are {required_db:.1f} dB"
        )
        self.model = model
        self.psnr_db = psnr_db
        self.required_db = required_db


class SettingInvalidError(RenderError):
    """A setting is missing or out of range; the operator repairs the environment."""
