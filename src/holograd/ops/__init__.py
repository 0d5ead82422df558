"""The operations: importing this package fills the table."""

from holograd.ops import arithmetic, contract, gather, movement, pool, random, reduce

__all__ = ["arithmetic", "contract", "gather", "movement", "pool", "random", "reduce"]
