"""What one run of one component at one set of sizes came to."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

PASSED, FAILED, NOT_RUN = "passed", "failed", "not run"


@dataclass(frozen=True)
class CheckResult:
    """One line of a check.

    ``component`` is the graph that ran, ``proof`` what was looked at (``forward``: it ran and the outputs have the
    declared shapes; ``signature``: a function on the way names each argument; ``matters``: each input changes the
    answer; ``requested``: what is on request runs, too; ``loss``: with labels there is a finite one; ``cache``: with a
    filled cache it gives what it gives without), ``sizes`` the sizes that it ran at, ``outcome`` one of ``passed``,
    ``failed`` and ``not run``, ``reason`` why it did not pass, ``needs`` the package without which it could not run,
    ``found`` what the proof tells beside that: the inputs that are inert, say.
    """

    library: str
    architecture: str
    task: str | None
    model_class: str | None
    component: str | None
    proof: str
    outcome: str
    sizes: dict[str, int] = field(default_factory=dict)
    reason: str | None = None
    seconds: float = 0.0
    needs: str | None = None
    found: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {**asdict(self), "seconds": round(self.seconds, 3)}


def said(error: BaseException, most: int = 400) -> str:
    """An error as one line of at most so many characters, for a table."""
    text = " ".join(str(error).split()) or type(error).__name__
    return f"{type(error).__name__}: {text}"[:most]
