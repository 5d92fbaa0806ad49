"""Figures made off the event loop."""

from __future__ import annotations

import asyncio

from multibo.optimizer.app.drawings import Drawing, FigureFormat


class ThreadedFigures:
    """The port `app.ports.Figures`."""

    async def render(self, drawing: Drawing, format: FigureFormat) -> bytes:
        """Return a drawing as a file.

        Args:
            drawing: what to show.
            format: of the file.
        """
        return await asyncio.to_thread(_render, drawing, format)


def _render(drawing: Drawing, format: FigureFormat) -> bytes:
    # Matplotlib takes a second to load: in the thread, and only when it is needed.
    from multibo.optimizer.figures.file import file_of

    return file_of(drawing, format)
