"""What can go wrong with a warp; the decision is in each docstring."""


class WarpError(Exception):
    """Base of every error of `multibo.warp`."""


class UnknownWarpFamilyError(WarpError):
    """No such family or revision in this version; name one of `known`."""

    def __init__(self, name: str, *, known: tuple[str, ...]) -> None:
        super().__init__(f"no warp family {name!r}; known: {', '.join(known)}")
        self.name = name
        self.known = known


class WarpVectorError(WarpError):
    """The vector is not a point of the warp space; correct it and ask again."""

    def __init__(self, space: str, reason: str) -> None:
        super().__init__(f"not a warp vector of {space}: {reason}")
        self.space = space
        self.reason = reason


class UnsupportedAttentionError(WarpError):
    """The model's attention is not the stock one; load the model plainly."""

    def __init__(self, layer: str, found: str) -> None:
        super().__init__(f"cannot warp {layer}: its processor is {found}")
        self.layer = layer
        self.found = found


class WarpRemovedError(WarpError):
    """Something replaced our processors during a render; discard the images."""

    def __init__(self, layer: str, found: str) -> None:
        super().__init__(f"the warp was removed from {layer}: it now runs {found}")
        self.layer = layer
        self.found = found
