"""What the gateway itself refuses; everything else is the optimizer's word."""


class GatewayError(Exception):
    """Base of every error the gateway raises."""


class SettingInvalidError(GatewayError):
    """A setting cannot be used; the operator should correct it and start again."""

    def __init__(self, *, name: str, value: str, expected: str) -> None:
        super().__init__(f"{name} is {value!r}; expected {expected}")
        self.name = name
        self.value = value


class RequestMalformedError(GatewayError):
    """The bytes are not gRPC-Web; a retry of the same bytes cannot help."""


class RequestUnsupportedError(GatewayError):
    """The request uses a part of gRPC-Web that browsers of ours never need."""


class MessageTooLargeError(GatewayError):
    """The message exceeds the limit; the caller should send less."""

    def __init__(self, *, limit_bytes: int) -> None:
        super().__init__(f"the message is larger than {limit_bytes} bytes")
        self.limit_bytes = limit_bytes


class BrowserGoneError(GatewayError):
    """The browser left before its request was complete; there is nobody to answer."""
