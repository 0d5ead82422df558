"""Errors that teach: what happened, why it cannot work, and what to write instead.

Every error that a user can cause is one of these classes. Each is also the built-in class that a
Python programmer would catch (``ValueError``, ``TypeError`` …), so that code written for other
libraries keeps working.
"""

from __future__ import annotations


class HologradError(Exception):
    """The base of every error that holograd raises on purpose.

    Args:
        what: what happened, with the names, shapes and values concerned.
        why: why that cannot work; may be empty when `what` says it already.
        instead: the line to write instead, or the next thing to do.

    Example:
        >>> print(HologradError("a is 3", why="a counts layers", instead="Write a = 2."))
        a is 3: a counts layers. Write a = 2.
    """

    def __init__(self, what: str, *, why: str = "", instead: str = ""):
        self.what, self.why, self.instead = what, why, instead
        message = what.rstrip(".") + (f": {why.rstrip('.')}" if why else "") + "."
        super().__init__(f"{message} {instead}".rstrip())


class ShapeError(HologradError, ValueError):
    """Shapes, dimensions or sizes that do not fit together."""


class DtypeError(HologradError, TypeError):
    """An operation that the kind of number (float, integer, bool) does not have."""


class ArgumentError(HologradError, ValueError):
    """An argument outside of what a function takes: a negative size, an unknown name."""


class GradientError(HologradError, RuntimeError):
    """A gradient that does not exist, or that cannot be taken (again)."""


class InPlaceError(HologradError, RuntimeError):
    """A write into a tensor that the graph still needs."""


class CaptureError(HologradError, RuntimeError):
    """Python code that needs a tensor's value while only its shape is known."""


class GraphError(HologradError, AssertionError):
    """A graph that breaks a rule of graphs; a defect in holograd or in a new operation."""


class DataError(HologradError, ValueError):
    """Data that cannot be read or learned from; names the file and the row where there is one."""


class ModelError(HologradError, ValueError):
    """A model file, or a state, that does not fit the model it is loaded into."""


class DivergenceError(HologradError, ArithmeticError):
    """A loss that is no longer a finite number."""
