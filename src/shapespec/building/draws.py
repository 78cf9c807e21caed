"""Random numbers that are the same everywhere.

numpy promises the raw bits of its bit generators, but not how its distributions use them. So the bits come from Philox
and everything after that is arithmetic written here: one seed and one name give the same values for every version of
numpy, in every framework, on every device.
"""

from __future__ import annotations

import hashlib

import numpy as np

#: A draw of more values than this repeats: filling gigabytes then runs at memory speed. A prime, so that repetitions
#: do not line up with the axes of a tensor.
BLOCK = 1_048_573


class Draw:
    """The stream of one tensor: set by the seed and the tensor's name, so that adding an input moves no other's."""

    def __init__(self, seed: int, name: str) -> None:
        digest = hashlib.blake2b(f"{seed}\0{name}".encode(), digest_size=16).digest()
        self._bits = np.random.Philox(key=int.from_bytes(digest, "little"))

    def raw(self, count: int) -> np.ndarray:
        """Unsigned 64-bit words."""
        return np.asarray(self._bits.random_raw(count), dtype=np.uint64)

    def unit(self, count: int) -> np.ndarray:
        """Reals in [0, 1): 24 random bits each, exact in float32."""
        return np.asarray((self.raw(count) >> np.uint64(40)).astype(np.float64) * 2.0**-24)

    def bell(self, count: int) -> np.ndarray:
        """Reals of mean 0 and deviation 1: four sixteen-bit draws added up (Irwin-Hall), nothing beyond ±3.5."""
        words = self.raw(count)
        parts = [((words >> np.uint64(shift)) & np.uint64(0xFFFF)).astype(np.float64) for shift in (0, 16, 32, 48)]
        return np.asarray((sum(parts[1:], parts[0]) * 2.0**-16 - 2.0 * (1 - 2.0**-16)) * 3.0**0.5)

    def below(self, high: int, count: int) -> np.ndarray:
        """Whole numbers in [0, high). The bias of the remainder is below high / 2**64."""
        return np.asarray((self.raw(count) % np.uint64(high)).astype(np.int64))
