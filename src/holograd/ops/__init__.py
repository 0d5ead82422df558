"""The operations: importing this package fills the table."""

from holograd.ops import contract, elementwise, gather, movement, pool, random, reduce

__all__ = ["contract", "elementwise", "gather", "movement", "pool", "random", "reduce"]
