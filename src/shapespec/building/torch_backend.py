"""Torch tensors on any device, with the objects that models take."""

from __future__ import annotations

from typing import Any

import numpy as np

from shapespec.building.memory import free_host_bytes
from shapespec.errors import MissingPackageError, UnknownNameError
from shapespec.libraries import containers
from shapespec.plan import Structure

DEVICES = ("cpu", "cuda", "mps", "meta")


def import_torch() -> Any:
    """torch. Raises :class:`MissingPackageError`."""
    try:
        import torch
    except ImportError:
        expected = "`pip install shapespec[torch]`, or framework='numpy'"
        raise MissingPackageError("torch is not installed", argument="framework", expected=expected) from None
    return torch


class TorchBackend:
    """See :class:`shapespec.building.build.Backend`."""

    def __init__(self, device: str) -> None:
        self.torch = import_torch()
        self.device = self._checked(device)
        self._fake = self._under_fake_mode()

    def _checked(self, device: Any) -> Any:
        try:
            found = self.torch.device(device)
        except (RuntimeError, TypeError):
            found = None
        if found is None or found.type not in DEVICES:
            expected = "`cpu`, `cuda`, `cuda:1`, `mps` or `meta`"
            raise UnknownNameError(f"unknown device `{device}`", argument="device", expected=expected)
        if found.type == "cuda" and not self.torch.cuda.is_available():
            raise UnknownNameError(f"there is no device `{device}` here", argument="device", expected="`cpu` or `meta`")
        if found.type == "cuda" and (found.index or 0) >= self.torch.cuda.device_count():
            raise UnknownNameError(
                f"there is no device `{device}` here",
                argument="device",
                expected=f"an index below {self.torch.cuda.device_count()}",
            )
        if found.type == "mps" and not self.torch.backends.mps.is_available():
            raise UnknownNameError(f"there is no device `{device}` here", argument="device", expected="`cpu` or `meta`")
        return found

    def _under_fake_mode(self) -> bool:
        from torch._subclasses.fake_tensor import FakeTensorMode
        from torch.utils._python_dispatch import _get_current_dispatch_mode_stack

        return any(isinstance(mode, FakeTensorMode) for mode in _get_current_dispatch_mode_stack())

    def needs_values(self) -> bool:
        return self.device.type != "meta" and not self._fake

    def free_bytes(self) -> int | None:
        if not self.needs_values():
            return None
        if self.device.type == "cuda":
            return int(self.torch.cuda.mem_get_info(self.device)[0])
        return free_host_bytes()

    def tensor(self, values: np.ndarray | None, shape: tuple[int, ...], dtype: str) -> Any:
        kind = getattr(self.torch, dtype)
        if values is None:
            return self.torch.empty(shape, dtype=kind, device=self.device)
        block = self.torch.from_numpy(np.array(values, order="C", copy=True)).to(kind).to(self.device)
        if tuple(values.shape) == shape:
            return block
        out = self.torch.empty(shape, dtype=kind, device=self.device)
        self._fill_by_block(out.view(-1), block.view(-1))
        return out

    @staticmethod
    def _fill_by_block(out: Any, block: Any) -> None:
        """Repeats a flat block over a flat tensor: device copies, at memory speed."""
        size = block.numel()
        whole = out.numel() // size if size else 0
        if whole:
            out[: whole * size].view(whole, size).copy_(block)
        rest = out.numel() - whole * size
        if rest:
            out[whole * size :].copy_(block[:rest])

    def pack(self, structure: Structure, parts: list[Any]) -> Any:
        return containers()[structure.container](structure, parts)
