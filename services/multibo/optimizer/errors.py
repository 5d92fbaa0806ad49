"""What keeps the optimizer process from starting; refused calls are in `api.errors`."""

from pathlib import Path


class OptimizerError(Exception):
    """Base of what stops the process with a message for the operator."""


class ListenRefusedError(OptimizerError):
    """The address would serve strangers without authentication; choose another."""


class CredentialsUnreadableError(OptimizerError):
    """A file of keys or certificates cannot be used; the operator repairs it."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class SettingInvalidError(OptimizerError):
    """A setting is missing or cannot be used; the operator corrects it."""

    def __init__(self, *, name: str, value: str, expected: str) -> None:
        super().__init__(f"{name} is {value!r}; expected {expected}")
        self.name = name
        self.value = value
        self.expected = expected
