"""The gateway process: one channel, one ASGI application, one uvicorn server."""

import asyncio
import logging
import socket
from types import FrameType
from typing import Final

import uvicorn

from multibo.blobs.opening import open_blobs
from multibo.blobs.urls import UrlKeys
from multibo.gateway import upstream
from multibo.gateway.admission import Admission
from multibo.gateway.app import Gateway
from multibo.gateway.grpc_web import MAX_MESSAGE_BYTES, GrpcWeb
from multibo.gateway.images import SignedImages
from multibo.gateway.settings import Address, Settings
from multibo.gateway.static_files import StaticFiles

logger = logging.getLogger(__name__)

CHANNEL_OPTIONS: Final = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.primary_user_agent", "multibo-gateway"),
    # grpc's own backoff grows to two minutes: too long for a person who watches
    # the optimizer restart.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2_000),
)
# Longer than the time a draining call is given (grpc_web.DRAIN_GRACE_S).
SHUTDOWN_S: Final = 6
# A person looks at four pictures longer than uvicorn's 5 s: keep the connection.
KEEP_ALIVE_S: Final = 75


class GatewayServer(uvicorn.Server):
    """uvicorn, with calls told to end when the process is asked to stop."""

    def __init__(self, config: uvicorn.Config, draining: asyncio.Event) -> None:
        """Take the configuration.

        Args:
            config: uvicorn's configuration.
            draining: set on the first SIGINT or SIGTERM.
        """
        super().__init__(config)
        self._draining = draining
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to serve and log the address.

        Args:
            sockets: as in uvicorn.
        """
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        for server in self.servers:
            for listening in server.sockets:
                name = listening.getsockname()
                logger.info("gateway listening", extra={"address": str(name)})

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to drain; a second signal ends at once.

        uvicorn would raise the signal again after a clean stop, and the process
        would look killed; here it exits 0.

        Args:
            sig: signal number.
            frame: interrupted frame.
        """
        del sig, frame
        self.force_exit = self.should_exit
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._draining.set)


async def serve(settings: Settings) -> None:
    """Serve until the process is asked to stop.

    Args:
        settings: of this process.

    Raises:
        BlobError: if the image store or the key of its URLs cannot be used.
    """
    draining = asyncio.Event()
    images = _images(settings)
    async with upstream.channel(settings, CHANNEL_OPTIONS) as channel:
        grpc_web = GrpcWeb(channel, draining)
        app = Gateway(Admission(settings), grpc_web, StaticFiles(), images)
        await GatewayServer(_config(app, settings.listen), draining).serve()


def _images(settings: Settings) -> SignedImages | None:
    if not (settings.blob_url and settings.blob_url_key):
        return None
    keys = UrlKeys.parse(settings.blob_url_key)
    return SignedImages(open_blobs(settings.blob_url), keys)


def _config(app: Gateway, listen: Address) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=listen.host or "127.0.0.1",
        port=listen.port,
        uds=listen.unix_path or None,
        lifespan="off",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
