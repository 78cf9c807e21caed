"""The proof: real model classes, made with random weights, run forward on the built inputs."""

from shapespec.checking.result import CheckResult
from shapespec.checking.run import check_architecture

__all__ = ["CheckResult", "check_architecture"]
