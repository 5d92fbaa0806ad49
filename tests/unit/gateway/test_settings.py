from pathlib import Path

import pytest

from multibo.gateway.errors import SettingInvalidError
from multibo.gateway.settings import Address, Settings, parse_address


def test_a_silent_environment_gives_the_defaults() -> None:
    settings = Settings.from_environment({})

    assert settings == Settings()
    assert settings.listen == Address(host="127.0.0.1", port=8080)
    assert settings.origins == ()


def test_every_field_is_read() -> None:
    environment = {
        "MULTIBO_GATEWAY_LISTEN": "0.0.0.0:9000",
        "MULTIBO_GATEWAY_OPTIMIZER": "unix:/run/optimizer.sock",
        "MULTIBO_GATEWAY_ORIGINS": "https://a.example, http://B.example:81/",
        "MULTIBO_GATEWAY_HOSTS": "Tunnel.example",
        "MULTIBO_GATEWAY_LOG_LEVEL": "debug",
        "MULTIBO_GATEWAY_BLOB_URL": "file:///images",
        "MULTIBO_GATEWAY_BLOB_URL_KEY": "k" * 32,
        "MULTIBO_GATEWAY_TLS_CA": "/tls/ca.crt",
        "MULTIBO_GATEWAY_TLS_CERT": "/tls/tls.crt",
        "MULTIBO_GATEWAY_TLS_KEY": "/tls/tls.key",
    }

    settings = Settings.from_environment(environment)

    assert settings == Settings(
        listen=Address(host="0.0.0.0", port=9000),
        optimizer="unix:/run/optimizer.sock",
        origins=("https://a.example", "http://b.example:81"),
        hosts=("tunnel.example",),
        log_level="debug",
        blob_url="file:///images",
        blob_url_key="k" * 32,
        tls_ca=Path("/tls/ca.crt"),
        tls_cert=Path("/tls/tls.crt"),
        tls_key=Path("/tls/tls.key"),
    )


def test_images_are_where_all_processes_have_them_and_their_key_is_not_shown() -> None:
    shared = {"MULTIBO_BLOB_URL": "s3://images", "MULTIBO_BLOB_URL_KEY": "k" * 32}

    settings = Settings.from_environment(shared)

    assert settings.blob_url == "s3://images"
    assert settings.blob_url_key == "k" * 32
    assert "k" * 32 not in repr(settings)


@pytest.mark.parametrize("given", [("CERT",), ("KEY",), ("CERT", "KEY"), ("CA", "KEY")])
def test_a_certificate_comes_with_its_key_and_the_authority(
    given: tuple[str, ...],
) -> None:
    environment = {f"MULTIBO_GATEWAY_TLS_{name}": "/a.pem" for name in given}

    with pytest.raises(SettingInvalidError, match="MULTIBO_GATEWAY_TLS_"):
        Settings.from_environment(environment)


@pytest.mark.parametrize(
    ("text", "address", "loopback"),
    [
        ("localhost:0", Address(host="localhost"), True),
        ("127.1.2.3:80", Address(host="127.1.2.3", port=80), True),
        ("[::1]:8080", Address(host="::1", port=8080), True),
        ("unix:/run/gateway.sock", Address(unix_path="/run/gateway.sock"), True),
        ("192.168.0.4:80", Address(host="192.168.0.4", port=80), False),
        ("127.evil.example:80", Address(host="127.evil.example", port=80), False),
    ],
)
def test_an_address_is_parsed(text: str, address: Address, loopback: bool) -> None:
    parsed = parse_address(text)

    assert parsed == address
    assert parsed.is_loopback is loopback


@pytest.mark.parametrize("text", ["8080", ":8080", "host:", "host:70000", "unix:"])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SettingInvalidError, match="MULTIBO_GATEWAY_LISTEN"):
        parse_address(text)


@pytest.mark.parametrize("origin", ["*", "https://*.example", "example.org", "ftp://x"])
def test_an_origin_must_be_one_exact_origin(origin: str) -> None:
    with pytest.raises(SettingInvalidError, match="MULTIBO_GATEWAY_ORIGINS"):
        Settings.from_environment({"MULTIBO_GATEWAY_ORIGINS": origin})


def test_an_unknown_log_level_is_refused() -> None:
    with pytest.raises(SettingInvalidError, match="LOG_LEVEL"):
        Settings.from_environment({"MULTIBO_GATEWAY_LOG_LEVEL": "loud"})
