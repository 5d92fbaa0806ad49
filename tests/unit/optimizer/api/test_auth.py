"""Without authentication, nobody else may reach the process."""

from __future__ import annotations

import pytest

from multibo.optimizer.api.auth import check_listen
from multibo.optimizer.errors import ListenRefusedError


@pytest.mark.parametrize(
    "listen",
    [
        *("127.0.0.1:50051", "127.8.9.1:0", "localhost:50051", "[::1]:50051"),
        "unix:/run/multibo/optimizer.sock",
    ],
)
def test_an_address_of_this_machine_alone_is_served(listen: str) -> None:
    assert check_listen(listen) == listen


@pytest.mark.parametrize(
    "listen",
    [
        *("0.0.0.0:50051", "[::]:50051", "10.0.0.3:50051", "example.org:50051"),
        *("50051", ":50051", "", "localhost.example.org:50051"),
    ],
)
def test_an_address_that_others_can_reach_is_refused(listen: str) -> None:
    with pytest.raises(ListenRefusedError, match="authentication"):
        check_listen(listen)


@pytest.mark.parametrize(("asks", "tls"), [(True, False), (False, True)])
def test_neither_credentials_nor_encryption_alone_open_it_to_others(
    asks: bool, tls: bool
) -> None:
    with pytest.raises(ListenRefusedError):
        check_listen("0.0.0.0:50051", asks=asks, tls=tls)


def test_with_both_any_address_is_served() -> None:
    assert check_listen("0.0.0.0:50051", asks=True, tls=True) == "0.0.0.0:50051"
