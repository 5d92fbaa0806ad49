"""The Lua scripts of the fleet's side of the session state, as text."""

from __future__ import annotations

from importlib.resources import files


def script(name: str) -> str:
    """Return the text of `jobs/lua/<name>.lua`."""
    return (files("multibo.jobs") / "lua" / f"{name}.lua").read_text(encoding="utf-8")
