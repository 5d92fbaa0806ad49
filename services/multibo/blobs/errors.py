"""What can go wrong with a stored image."""


class BlobError(Exception):
    """Base of every error of `multibo.blobs`."""


class BlobMissingError(BlobError):
    """No such image: it was swept, or never made; render it again."""

    def __init__(self, address: str) -> None:
        super().__init__(f"no image {address}")
        self.address = address


class BlobAddressError(BlobError):
    """The name is no content address; a bug or a forged reference."""

    def __init__(self, address: str) -> None:
        super().__init__(f"not a content address: {address!r}")
        self.address = address


class BlobStoreUnavailableError(BlobError):
    """The store cannot be read or written now (full, read-only, away); try later."""
