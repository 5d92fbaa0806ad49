import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest

from multibo.gateway.admission import Admission
from multibo.gateway.app import Gateway
from multibo.gateway.grpc_web import GrpcWeb
from multibo.gateway.server import CHANNEL_OPTIONS
from multibo.gateway.settings import Settings
from multibo.gateway.static_files import StaticFiles
from tests.support.asgi_browser import Browser
from tests.support.echo_optimizer import EchoOptimizer, serving


@pytest.fixture
def echo() -> EchoOptimizer:
    return EchoOptimizer()


@pytest.fixture
def draining() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
def settings() -> Settings:
    return Settings(origins=("https://studio.example",), hosts=("tunnel.example",))


@pytest.fixture
async def browser(
    echo: EchoOptimizer, draining: asyncio.Event, settings: Settings
) -> AsyncIterator[Browser]:
    async with (
        serving(echo) as target,
        grpc.aio.insecure_channel(target, options=CHANNEL_OPTIONS) as channel,
    ):
        grpc_web = GrpcWeb(channel, draining, drain_grace_s=0.5)
        yield Browser(Gateway(Admission(settings), grpc_web, StaticFiles()))
