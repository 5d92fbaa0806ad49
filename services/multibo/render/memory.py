"""What the weights in a process come to.

On a processor the resident set tells little: torch, its buffers and what the allocator
keeps are in it, and freed weights need not leave it. Counted are the weights that are
alive, whoever holds them, so an evicted model that something clings to still counts.
On an accelerator torch knows the answer.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import nn


class WeightMemory:
    """Bytes of the weights alive in this process."""

    def __init__(self) -> None:
        self._modules: dict[weakref.ref[nn.Module], int] = {}
        self._devices: set[torch.device] = set()

    def add(self, modules: Iterable[nn.Module]) -> int:
        """Count what a model has loaded.

        Args:
            modules: of the model; what they share counts once.

        Returns:
            Its bytes.
        """
        seen: set[int] = set()
        total = 0
        for module in modules:
            n_bytes = _own_bytes(module, seen)
            self._modules[weakref.ref(module)] = n_bytes
            total += n_bytes
            self._devices |= {
                one.device for one in module.parameters() if one.device.type == "cuda"
            }
        return total

    def used_bytes(self) -> int:
        """Return the bytes of all weights alive, and what else lies on accelerators."""
        self._modules = {
            module: n_bytes
            for module, n_bytes in self._modules.items()
            if module() is not None
        }
        placed = sum(torch.cuda.memory_allocated(device) for device in self._devices)
        return placed + sum(
            n_bytes
            for module, n_bytes in self._modules.items()
            if not self._on_accelerator(module())
        )

    def collect(self) -> None:
        """Give back what nobody holds any more."""
        gc.collect()
        if self._devices:
            torch.cuda.empty_cache()

    def _on_accelerator(self, module: nn.Module | None) -> bool:
        if module is None:
            return False
        first = next(module.parameters(), None)
        return first is not None and first.device.type == "cuda"


def file_bytes(folder: Path) -> int:
    """Return the size of a model's weight files: a first guess of what it takes.

    Args:
        folder: of the pipeline.
    """
    return sum(file.stat().st_size for file in folder.rglob("*.safetensors"))


def _own_bytes(module: nn.Module, seen: set[int]) -> int:
    total = 0
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.data_ptr() not in seen:
            seen.add(tensor.data_ptr())
            total += tensor.numel() * tensor.element_size()
    return total
