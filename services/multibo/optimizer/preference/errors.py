"""What can go wrong in the preference engine; the decision is in each docstring."""


class PreferenceError(Exception):
    """Base of every error of `multibo.optimizer.preference`."""


class InvalidRequestError(PreferenceError):
    """The request or its history is not legal; the caller repairs it."""


class FitFailedError(PreferenceError):
    """Nothing could be learned from a history; a Sobol slate is served instead."""


class OutOfTimeError(PreferenceError):
    """A long history was not lived through in time; the choice GP answers alone."""
