"""Create a session: settings from the catalog, one write."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from multibo.jobs.catalog import Catalog, SearchSpaceSpec
from multibo.jobs.spec import SEED_LIMIT
from multibo.optimizer.app.errors import SessionExistsError
from multibo.optimizer.app.ports import App
from multibo.optimizer.app.values import Receipt, RequestKey, SessionView
from multibo.optimizer.session import ids
from multibo.optimizer.session.ids import SessionName
from multibo.optimizer.session.model import Session, SessionSpec, SessionState

DEFAULT_K: Final = 4
DEFAULT_ROUNDS: Final = 50


@dataclass(frozen=True, slots=True)
class CreateSession:
    """What a caller asks for; None and "" take the model's default."""

    project: str
    session_id: str
    prompt: str
    negative_prompt: str | None = None
    model: str = ""
    warp_space: str = ""
    base_seed: int | None = None
    steps: int | None = None
    guidance: float | None = None
    k: int | None = None
    rounds: int | None = None
    images: int | None = None
    anchor: bool = True
    casting_rounds: int | None = None
    control_share: float = 0.0
    probe_share: float = 0.0
    labels: tuple[tuple[str, str], ...] = ()
    validate_only: bool = False


async def create_session(
    app: App,
    command: CreateSession,
    key: RequestKey,
    encode: Callable[[SessionView], bytes],
) -> bytes:
    """Store a new session and return the encoded reply.

    The same request id replays; so does the same session id with the same spec.

    Args:
        app: the ports.
        command: validated fields.
        key: the command's id and digest.
        encode: makes the reply that is stored with the command.

    Returns:
        The reply: new, or as given the first time.

    Raises:
        RequestIdConflictError: if the id came with other content.
        SessionExistsError: if the name is taken by another spec.
    """
    replayed = await app.store.replay_create(command.project, key)
    if replayed is not None:
        return replayed
    name = SessionName(command.project, ids.checked_session_id(command.session_id))
    now_ms = app.clock.now_ms()
    session = Session(
        name=name,
        spec=session_spec(app.catalog, command, name),
        state=SessionState.ACTIVE,
        rev=1,
        create_time_ms=now_ms,
        update_time_ms=now_ms,
    )
    reply = encode(view(app, session))
    if command.validate_only:
        return reply
    holder = await app.store.create(session, Receipt(key, reply))
    if holder is None:
        return reply
    # Two racing calls with one request id: the loser replays the winner's reply.
    replayed = await app.store.replay_create(command.project, key)
    if replayed is not None:
        return replayed
    if holder.spec != session.spec:
        raise SessionExistsError(str(name))
    return encode(view(app, holder))


def session_spec(
    catalog: Catalog, command: CreateSession, name: SessionName
) -> SessionSpec:
    """Return the spec with every default filled in.

    Args:
        catalog: the models there are.
        command: what was asked for.
        name: of the session; its hash is the default seed, so that a repeated
            call without a seed asks for the same session.

    Raises:
        UnknownModelError: if the catalog has no such model.
        UnknownWarpSpaceError: if the model has no such warp space.
    """
    model = catalog.model(command.model)
    space = model.search_space(command.warp_space)
    family, n_noise, noise_angle = noise_part(space)
    k = _or(command.k, DEFAULT_K)
    rounds = _or(command.rounds, DEFAULT_ROUNDS)
    negative = command.negative_prompt
    guidance = command.guidance
    return SessionSpec(
        prompt=command.prompt,
        negative_prompt=model.negative_prompt if negative is None else negative,
        model=model.name,
        revision=model.revision,
        warp_space=space.name,
        dimension=space.dimension,
        base_seed=_or(command.base_seed, default_seed(name)),
        steps=_or(command.steps, model.steps),
        guidance=model.guidance if guidance is None else guidance,
        width_px=model.width_px,
        height_px=model.height_px,
        k=k,
        rounds=rounds,
        # A round that failed or was canceled spends images too: one in five spare.
        images=_or(command.images, rounds * k + max(rounds * k // 5, 2 * k)),
        anchor=command.anchor,
        labels=command.labels,
        warp_family=family,
        n_noise=n_noise,
        noise_angle=noise_angle,
        casting_rounds=_or(command.casting_rounds, model.casting_rounds),
        control_share=command.control_share,
        probe_share=command.probe_share,
    )


def noise_part(space: SearchSpaceSpec) -> tuple[str, int, float]:
    """Return what a spec says of a search space that is more than a warp family.

    Args:
        space: of the catalog.

    Returns:
        The warp family, the number of noise coordinates and their angle; all of them
        empty for a plain warp space.
    """
    if not space.n_noise:
        return "", 0, 0.0
    return space.warp.name, space.n_noise, space.noise_angle


def default_seed(name: SessionName) -> int:
    """Return the base seed of a session that names none."""
    digest = hashlib.sha256(name.sid.encode()).digest()
    return int.from_bytes(digest[:8], "big") % SEED_LIMIT


def view(app: App, session: Session) -> SessionView:
    """Return the BASIC view of a session."""
    return SessionView(session, session.update_time_ms + app.limits.session_ttl_ms)


def _or(value: int | None, default: int) -> int:
    return default if value is None else value
