"""What can go wrong with a job's description; the decision is in each docstring."""


class JobsError(Exception):
    """Base of every error of `multibo.jobs`."""


class UnknownModelError(JobsError):
    """The catalog has no such model; name one of `known`."""

    def __init__(self, name: str, *, known: tuple[str, ...]) -> None:
        super().__init__(f"no model {name!r} in the catalog; known: {', '.join(known)}")
        self.name = name
        self.known = known


class UnknownWarpSpaceError(JobsError):
    """The model offers no such warp space; name one of `known`."""

    def __init__(self, name: str, *, model: str, known: tuple[str, ...]) -> None:
        super().__init__(
            f"model {model!r} has no warp space {name!r}; known: {', '.join(known)}"
        )
        self.name = name
        self.model = model
        self.known = known


class CatalogInvalidError(JobsError):
    """The catalog file is broken; the operator repairs it, the process stops."""


class JobDocumentError(JobsError):
    """A stored job cannot be read; another version wrote it, or it is damaged."""
