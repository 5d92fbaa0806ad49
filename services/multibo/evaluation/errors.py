"""What an evaluation refuses, one class per decision its caller can take."""


class EvaluationError(Exception):
    """The root of this package's errors."""


class ProtocolError(EvaluationError):
    """The request makes no sense (a bad range, an unknown prompt): ask differently."""


class StackError(EvaluationError):
    """No service answers: start one, or give another address."""


class PictureError(EvaluationError):
    """Pictures of different sizes, or none at all, were to be compared."""
