"""Layers that multiply by a weight: Linear, Bilinear, and Embedding, which picks rows of it."""

from __future__ import annotations

import math
from typing import Any

from holograd.errors import ArgumentError
from holograd.nn import checks, init
from holograd.nn.call import misfit
from holograd.nn.functional import bilinear, embedding, linear
from holograd.nn.module import Module
from holograd.nn.parameter import Parameter
from holograd.ops.elementwise import where
from holograd.ops.random import Generator
from holograd.tensor import no_grad


class Linear(Module):
    """y = x · weightᵀ + bias: each output is a weighted sum of all inputs.

    The lecture's `XW + b` with W = weightᵀ. Initial weights and biases are uniform within
    ±1/√in_features.

    Args:
        in_features: numbers in.
        out_features: numbers out.
        bias: whether something is added.
        dtype: float32 or float64.
        generator: where initial weights come from; by default the one that `manual_seed` seeds.

    Shapes: (…, in_features) → (…, out_features); weight (out_features, in_features), bias
    (out_features,).

    Raises:
        ArgumentError: a size is less than 1.
        ShapeError: the data has another number of features.

    Example:
        >>> import holograd as hg
        >>> layer = Linear(3, 2)
        >>> layer(hg.ones(5, 3)).shape
        (5, 2)
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, *, dtype: Any = None,
        generator: Generator | None = None,
    ) -> None:  # fmt: skip
        self.in_features = checks.size(self, "in_features", in_features)
        self.out_features = checks.size(self, "out_features", out_features)
        self.weight = checks.zeros((self.out_features, self.in_features), dtype)
        self.register_parameter("bias", checks.zeros((self.out_features,), dtype) if bias else None)
        self.reset_parameters(generator)

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """New initial weights."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5), generator=generator)
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features)
            init.uniform_(self.bias, -bound, bound, generator)

    def forward(self, input: Any) -> Any:
        weight = self.weight
        shape = checks.shape_of(self, input)
        if not shape or shape[-1] != self.in_features:
            raise self._misfit(shape)
        if input.dtype is not weight.dtype:
            checks.same_floats(self, input, weight)
        return linear(input, weight, self.bias)

    def _misfit(self, shape: tuple[int, ...]) -> Exception:
        front = "N" if len(shape) == 2 else "…"
        got = f"(N, {shape[1]})" if len(shape) == 2 else shape
        takes = f"({front}, {self.in_features})"
        if len(shape) > 2 and math.prod(shape[1:]) == self.in_features:
            why = f"{shape[1:]} are {self.in_features} features, if laid in a row"
            return misfit(self, takes, got, why, "Write x.flatten(1), or nn.Flatten() before it.")
        if not shape:
            return misfit(self, takes, got, "one number has no features", "Write x.reshape(1, 1).")
        many = "feature" if shape[-1] == 1 else "features"
        return misfit(
            self, takes, got, f"the data has {shape[-1]} {many}",
            f"Write Linear({shape[-1]}, {self.out_features}).",
        )  # fmt: skip

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )

    def short_repr(self) -> str:
        return f"{self.in_features} → {self.out_features}"


class Bilinear(Module):
    """y_o = Σᵢⱼ x1_i · weight[o, i, j] · x2_j + bias_o: weighted sums of products of two inputs.

    Initial weights and biases are uniform within ±1/√in1_features.

    Args:
        in1_features: numbers in the first input.
        in2_features: numbers in the second input.
        out_features: numbers out.
        bias: whether something is added.
        dtype: float32 or float64.
        generator: where initial weights come from; by default the one that `manual_seed` seeds.

    Shapes: (…, in1_features), (…, in2_features) → (…, out_features); weight
    (out_features, in1_features, in2_features), bias (out_features,).

    Example:
        >>> import holograd as hg
        >>> Bilinear(3, 4, 2)(hg.ones(5, 3), hg.ones(5, 4)).shape
        (5, 2)
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self, in1_features: int, in2_features: int, out_features: int, bias: bool = True, *,
        dtype: Any = None, generator: Generator | None = None,
    ) -> None:  # fmt: skip
        self.in1_features = checks.size(self, "in1_features", in1_features)
        self.in2_features = checks.size(self, "in2_features", in2_features)
        self.out_features = checks.size(self, "out_features", out_features)
        shape = (self.out_features, self.in1_features, self.in2_features)
        self.weight = checks.zeros(shape, dtype)
        self.register_parameter("bias", checks.zeros(shape[:1], dtype) if bias else None)
        self.reset_parameters(generator)

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """New initial weights."""
        bound = 1 / math.sqrt(self.in1_features)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound, generator)

    def forward(self, input1: Any, input2: Any) -> Any:
        first, second = checks.shape_of(self, input1), checks.shape_of(self, input2)
        wanted = (self.in1_features, self.in2_features)
        if (*first[-1:], *second[-1:]) != wanted or first[:-1] != second[:-1]:
            takes = f"(…, {self.in1_features}) and (…, {self.in2_features})"
            raise misfit(self, takes, f"{first} and {second}")
        for input in (input1, input2):
            checks.same_floats(self, input, self.weight)
        return bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )

    def short_repr(self) -> str:
        return f"{self.in1_features}, {self.in2_features} → {self.out_features}"


class Embedding(Module):
    """A table of vectors, one for each of `num_embeddings` words, colours or other kinds of thing.

    Initial weights are standard normal.

    Args:
        num_embeddings: rows.
        embedding_dim: numbers in a row.
        padding_idx: a row that stands for nothing: zeros at first, and without gradient.
        dtype: float32 or float64.
        generator: where initial weights come from; by default the one that `manual_seed` seeds.

    Shapes: integers (…) → (…, embedding_dim); weight (num_embeddings, embedding_dim).

    Raises:
        ArgumentError: a size is less than 1, or there is no row `padding_idx`.
        DtypeError: the data does not consist of integers.
        ShapeError: the data names a row that is not there.

    Example:
        >>> import holograd as hg
        >>> Embedding(10, 3)(hg.tensor([[1, 2], [4, 9]])).shape
        (2, 2, 3)
    """

    weight: Parameter

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None, *,
        dtype: Any = None, generator: Generator | None = None,
    ) -> None:  # fmt: skip
        self.num_embeddings = checks.size(self, "num_embeddings", num_embeddings)
        self.embedding_dim = checks.size(self, "embedding_dim", embedding_dim)
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ArgumentError(
                f"Embedding got padding_idx={padding_idx} for {num_embeddings} rows",
                instead=f"Write one of 0 to {num_embeddings - 1}.",
            )
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        self.weight = checks.zeros((self.num_embeddings, self.embedding_dim), dtype)
        self.reset_parameters(generator)

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """New initial weights."""
        init.normal_(self.weight, generator=generator)
        if self.padding_idx is not None:
            rows = [[row == self.padding_idx] for row in range(self.num_embeddings)]
            with no_grad():
                self.weight.assign(where(rows, 0.0, self.weight))

    def forward(self, input: Any) -> Any:
        checks.shape_of(self, input)
        return embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"

    def short_repr(self) -> str:
        return f"{self.num_embeddings} → {self.embedding_dim}"
