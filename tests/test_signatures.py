"""Which arguments the functions on a model's way name."""

from __future__ import annotations

from typing import Any

from shapespec.checking.signatures import named_by


class Base:
    def forward(self, ids: Any, labels: Any = None, **kwargs: Any) -> Any:
        return ids, labels, kwargs


class Handing(Base):
    def forward(self, ids: Any, pixels: Any = None, **kwargs: Any) -> Any:
        return super().forward(ids, pixels=pixels, **kwargs)


class Silent(Base):
    def forward(self, ids: Any, pixels: Any = None, **kwargs: Any) -> Any:
        return ids, pixels, kwargs


class Strict(Base):
    def forward(self, ids: Any) -> Any:
        return super().forward(ids)


class Again(Handing):
    def forward(self, **kwargs: Any) -> Any:
        return super().forward(**kwargs)


def test_keywords_go_to_a_base_that_is_asked() -> None:
    assert named_by(Handing()) >= {"ids", "pixels", "labels"}
    assert named_by(Again()) >= {"ids", "pixels", "labels"}


def test_a_base_that_is_not_asked_or_gets_no_keywords_names_nothing() -> None:
    assert "labels" not in named_by(Silent())
    assert "labels" not in named_by(Strict())


def test_a_method_is_its_own() -> None:
    assert {"ids", "labels"} <= named_by(Base().forward)
