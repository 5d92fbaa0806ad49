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


class BlobExtraMissingError(BlobError):
    """The store's client is not installed; the operator installs the extra."""

    def __init__(self) -> None:
        super().__init__("s3:// needs the extra: pip install 'multibo[s3]'")


class BlobUrlKeyError(BlobError):
    """The key that signs URLs is of no use; the operator makes another one."""

    def __init__(self, *, min_length: int) -> None:
        super().__init__(
            f"MULTIBO_BLOB_URL_KEY must have at least {min_length} characters; "
            "make one with: openssl rand -hex 32"
        )


class BlobUrlInvalidError(BlobError):
    """The URL was not signed here, or was altered; ask for a new one."""

    def __init__(self) -> None:
        super().__init__("this image URL is not valid; ask for a new one")


class BlobUrlExpiredError(BlobError):
    """The URL was good once; ask for a new one."""

    def __init__(self) -> None:
        super().__init__("this image URL has expired; ask for a new one")
