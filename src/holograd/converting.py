"""A tensor's numbers as another kind of number, under PyTorch's names; and the one device."""

from __future__ import annotations

from functools import partialmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from holograd.errors import DtypeError
from holograd.ops import elementwise
from holograd.ops.table import BOOL, FLOAT32, FLOAT64, INT32, INT64

DEVICES = ("cpu", "cuda", "mps", "xpu")
KINDS = "Write hg.float32, hg.float64, hg.int64 or hg.bool."


class Convertible:
    """The part of a tensor that says as what kind of number, and where, it is wanted."""

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def dtype(self) -> np.dtype: ...

    def to(self, dtype: Any) -> Any:
        """The same numbers as another kind of number; `to("cpu")` is itself.

        Raises:
            DtypeError: there is no such kind of number, or it names another device.
        """
        if isinstance(dtype, str) and dtype.partition(":")[0] in DEVICES:
            if dtype.startswith("cpu"):
                return self
            raise DtypeError(f"holograd computes on the CPU, and has no {dtype}")
        try:
            kind = np.dtype(dtype)
        except TypeError:
            raise DtypeError(f"there is no kind of number {dtype!r}", instead=KINDS) from None
        return elementwise.cast(self, kind)

    @property
    def device(self) -> str:
        """Always "cpu"."""
        return "cpu"

    def cpu(self) -> Any:
        """Itself: there is no other device."""
        return self

    def cuda(self) -> Any:
        """Raises DtypeError: there is no other device."""
        return self.to("cuda")

    def type_as(self, other: Any) -> Any:
        """As the kind of number that `other` holds."""
        return elementwise.cast(self, other.dtype)

    def contiguous(self) -> Any:
        """Itself: layout is not visible here."""
        return self


for _name, _dtype in [
    ("float", FLOAT32), ("double", FLOAT64), ("int", INT32), ("long", INT64), ("bool", BOOL),
]:  # fmt: skip
    setattr(Convertible, _name, partialmethod(Convertible.to, _dtype))
