"""What can go wrong when a process speaks about itself."""


class TelemetryError(Exception):
    """Base of every error of `multibo.telemetry`."""


class LogLevelError(TelemetryError):
    """The level is unknown; the operator repairs the setting with one of `known`."""

    def __init__(self, level: str, *, known: tuple[str, ...]) -> None:
        super().__init__(f"log level {level!r} is none of {', '.join(known)}")
        self.level = level
        self.known = known


class MetricsListenError(TelemetryError):
    """The metrics cannot be served there; the operator chooses another address."""

    def __init__(self, listen: str, reason: str) -> None:
        super().__init__(f"cannot serve metrics at {listen!r}: {reason}")
        self.listen = listen
        self.reason = reason


class MetricMisusedError(TelemetryError):
    """The call does not fit the metric's kind or labels; a bug in the caller."""
