"""The engine process: reads requests on standard input, answers on standard output.

Started by `engine_process` as `python -m ... THREADS CACHE_SIZE`. It ends when its
input does, in the middle of a fit too: a killed parent leaves no process behind.
"""

from __future__ import annotations

import logging
import os
import queue
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, BinaryIO, Final

from multibo.optimizer.adapters.engine_wire import (
    HEADER,
    AdviceRequest,
    EngineFailure,
    EngineHello,
    MapRequest,
    PredictionRequest,
    PriorRequest,
    RecommendationRequest,
    frame,
    message_of,
)
from multibo.telemetry.logs import configure_logs

if TYPE_CHECKING:
    from multibo.optimizer.preference.cache import PosteriorCache

logger = logging.getLogger(__name__)

_PATIENCE_S: Final = 1.0
"""For a long session the process sees for the first time, after a restart. Then the
choice GP answers alone, flagged as degraded, and the next answer goes on from there."""


def main() -> None:
    """Serve until standard input ends."""
    threads, cache_size = int(sys.argv[1]), int(sys.argv[2])
    configure_logs("engine", "INFO")
    # Ctrl-C reaches the whole process group; the parent decides when we end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A library that prints must not write into the replies.
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    # The libraries read these when they load, which is why nothing has yet.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)
    bodies: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    reader = threading.Thread(
        target=_read_all, args=(sys.stdin.buffer, bodies), daemon=True
    )
    reader.start()
    _serve(bodies, replies, cache_size)


def _read_all(requests: BinaryIO, bodies: queue.SimpleQueue[bytes]) -> None:
    """Queue every frame's body; end the process at the end of input."""
    while True:
        header = requests.read(HEADER.size)
        if len(header) < HEADER.size:
            os._exit(0)
        (length,) = HEADER.unpack(header)
        body = requests.read(length)
        if len(body) < length:
            os._exit(0)
        bodies.put(body)


def _serve(
    bodies: queue.SimpleQueue[bytes], replies: BinaryIO, cache_size: int
) -> None:
    from multibo.optimizer.preference.cache import PosteriorCache

    cache = PosteriorCache(cache_size, clock=time.monotonic, patience_s=_PATIENCE_S)
    _send(replies, _hello(cache))
    while True:
        request = message_of(bodies.get())
        try:
            reply = _answer(request, cache)
        except Exception as error:
            # The edge of the process: a bug costs one slate, never the engine.
            logger.exception("engine failed")
            reply = EngineFailure(f"{type(error).__name__}: {error}")
        _send(replies, reply)


def _hello(cache: PosteriorCache) -> EngineHello:
    """Load and warm everything up by answering once."""
    from multibo.optimizer.preference.dataset import choice
    from multibo.optimizer.preference.slate import ENGINE_VERSION, ProposalRequest

    answer = choice(((0, 0), (2048, 1024)), 1)
    _answer(ProposalRequest(2, 4, 0, (answer,), n_initial=0), cache)
    return EngineHello(ENGINE_VERSION)


def _answer(request: object, cache: PosteriorCache) -> object:
    from multibo.optimizer.preference import engine
    from multibo.optimizer.preference.slate import ProposalRequest

    match request:
        case ProposalRequest():
            return engine.propose(request, fit=cache.fit)
        case RecommendationRequest(dimension, history, prior):
            return engine.recommend(dimension, history, prior, fit=cache.fit)
        case PriorRequest(dimension, history, prior):
            return engine.prior_of(dimension, history, prior, fit=cache.fit)
        case AdviceRequest(dimension, history, prior):
            return engine.advise(dimension, history, prior, fit=cache.fit)
        case PredictionRequest(dimension, k, history, warps, prior):
            return engine.predict(
                dimension,
                k,
                history,
                warps,
                prior,
                fit=cache.fit,
                replay=cache.replay,
            )
        case MapRequest(dimension, history, x_axis, y_axis, prior):
            return engine.preference_map(
                dimension,
                history,
                x_axis,
                y_axis,
                prior,
                fit=cache.fit,
                replay=cache.replay,
            )
    raise TypeError(f"no such request: {type(request).__name__}")


def _send(replies: BinaryIO, reply: object) -> None:
    replies.write(frame(reply))
    replies.flush()


if __name__ == "__main__":
    main()
