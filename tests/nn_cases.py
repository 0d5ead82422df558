"""The table of all layers that the tests of `nn` loop over, with PyTorch's printed forms."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

import holograd as hg
from holograd import nn


@dataclass(frozen=True)
class Case:
    """A layer, the inputs it is tried on, and what is expected of it."""

    layer: str
    arguments: tuple[Any, ...]
    inputs: tuple[tuple[int, ...], ...]
    output: tuple[int, ...]
    state: dict[str, tuple[int, ...]] = field(default_factory=dict)
    text: str = ""
    named: dict[str, Any] = field(default_factory=dict)
    integers: int = 0  # inputs are integers below this

    def make(self, library: Any = nn, **more: Any) -> Any:
        """The layer, of holograd or of PyTorch."""
        return getattr(library, self.layer)(*self.arguments, **self.named, **more)

    def build(self, dtype: Any, seed: int = 0) -> nn.Module:
        """The layer in holograd, of a dtype, with weights drawn from a seed."""
        hg.manual_seed(seed)
        return self.make().to(dtype)

    def draw(self, dtype: Any, seed: int = 0) -> list[np.ndarray]:
        """Inputs of the case's shapes."""
        generator = np.random.default_rng(seed)
        if self.integers:
            return [generator.integers(0, self.integers, shape) for shape in self.inputs]
        return [generator.normal(0, 1.5, shape).astype(dtype) for shape in self.inputs]

    def __str__(self) -> str:
        words = [*map(repr, self.arguments), *(f"{k}={v!r}" for k, v in self.named.items())]
        return f"{self.layer}({', '.join(words)})"


def _weights(**shapes: Any) -> dict[str, tuple[int, ...]]:
    return {name: tuple(shape) for name, shape in shapes.items()}


def _statistics(count: int, affine: bool = True) -> dict[str, tuple[int, ...]]:
    learnt = {"weight": (count,), "bias": (count,)} if affine else {}
    kept = {"running_mean": (count,), "running_var": (count,), "num_batches_tracked": ()}
    return {**learnt, **kept}


def _plain(layer: str, inside: str = "", *arguments: Any, **named: Any) -> Case:
    """A layer without weights that keeps the shape."""
    text = f"{layer}({inside})"
    return Case(layer, arguments, ((4, 3, 2),), (4, 3, 2), text=text, named=named)


IMAGES = ((2, 4, 7, 6),)
CASES = [
    Case("Linear", (3, 2), ((5, 3),), (5, 2), _weights(weight=(2, 3), bias=(2,)),
         "Linear(in_features=3, out_features=2, bias=True)"),
    Case("Linear", (3, 2), ((4, 5, 3),), (4, 5, 2), _weights(weight=(2, 3)),
         "Linear(in_features=3, out_features=2, bias=False)", {"bias": False}),
    Case("Linear", (3, 1), ((3,),), (1,), _weights(weight=(1, 3), bias=(1,)),
         "Linear(in_features=3, out_features=1, bias=True)"),
    Case("Bilinear", (3, 4, 2), ((5, 3), (5, 4)), (5, 2), _weights(weight=(2, 3, 4), bias=(2,)),
         "Bilinear(in1_features=3, in2_features=4, out_features=2, bias=True)"),
    Case("Bilinear", (2, 2, 3, False), ((2, 5, 2), (2, 5, 2)), (2, 5, 3),
         _weights(weight=(3, 2, 2)),
         "Bilinear(in1_features=2, in2_features=2, out_features=3, bias=False)"),
    Case("Conv1d", (2, 4, 3), ((2, 2, 8),), (2, 4, 4), _weights(weight=(4, 2, 3), bias=(4,)),
         "Conv1d(2, 4, kernel_size=(3,), stride=(2,), padding=(1,))", {"stride": 2, "padding": 1}),
    Case("Conv1d", (4, 6, 2), ((2, 4, 9),), (2, 6, 7), _weights(weight=(6, 2, 2)),
         "Conv1d(4, 6, kernel_size=(2,), stride=(1,), dilation=(2,), groups=2, bias=False)",
         {"dilation": 2, "groups": 2, "bias": False}),
    Case("Conv2d", (4, 3, 5), IMAGES, (2, 3, 7, 6), _weights(weight=(3, 4, 5, 5), bias=(3,)),
         "Conv2d(4, 3, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))", {"padding": 2}),
    Case("Conv2d", (4, 3, 2, 1, 0, 1, 1, False, "zeros"), IMAGES, (2, 3, 6, 5),
         _weights(weight=(3, 4, 2, 2)),
         "Conv2d(4, 3, kernel_size=(2, 2), stride=(1, 1), bias=False)"),
    Case("Conv2d", (4, 4, (3, 2)), IMAGES, (2, 4, 3, 5), _weights(weight=(4, 1, 3, 2), bias=(4,)),
         "Conv2d(4, 4, kernel_size=(3, 2), stride=(2, 1), groups=4)",
         {"stride": (2, 1), "groups": 4}),
    Case("Conv2d", (4, 2, (2, 3)), IMAGES, (2, 2, 7, 6), _weights(weight=(2, 4, 2, 3), bias=(2,)),
         "Conv2d(4, 2, kernel_size=(2, 3), stride=(1, 1), padding=same, dilation=(1, 2))",
         {"padding": "same", "dilation": (1, 2)}),
    Case("MaxPool2d", (2,), IMAGES, (2, 4, 3, 3), {},
         "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)"),
    Case("MaxPool2d", ((3, 2), 2, 1), IMAGES, (2, 4, 4, 4), {},
         "MaxPool2d(kernel_size=(3, 2), stride=2, padding=1, dilation=1, ceil_mode=False)"),
    Case("MaxPool2d", (2, 1), IMAGES, (2, 4, 5, 4), {},
         "MaxPool2d(kernel_size=2, stride=1, padding=0, dilation=2, ceil_mode=False)",
         {"dilation": 2}),
    Case("MaxPool2d", (2,), IMAGES, (2, 4, 4, 3), {},
         "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=True)",
         {"ceil_mode": True}),
    Case("AvgPool2d", (3, 2, 1, True, False), IMAGES, (2, 4, 4, 4), {},
         "AvgPool2d(kernel_size=3, stride=2, padding=1)"),
    Case("AvgPool2d", (3,), IMAGES, (2, 4, 3, 2), {},
         "AvgPool2d(kernel_size=3, stride=3, padding=0)", {"ceil_mode": True}),
    Case("AvgPool2d", (2,), IMAGES, (2, 4, 3, 3), {},
         "AvgPool2d(kernel_size=2, stride=2, padding=0)"),
    Case("AvgPool2d", (3, (2, 1), 1), IMAGES, (2, 4, 4, 6), {},
         "AvgPool2d(kernel_size=3, stride=(2, 1), padding=1)"),
    Case("BatchNorm1d", (3,), ((5, 3),), (5, 3), _statistics(3),
         "BatchNorm1d(3, eps=1e-05, momentum=0.1, affine=True, "
         "bias=True, track_running_stats=True)"),
    Case("BatchNorm1d", (3, 1e-3, None), ((5, 3, 4),), (5, 3, 4), _statistics(3),
         "BatchNorm1d(3, eps=0.001, momentum=None, affine=True, "
         "bias=True, track_running_stats=True)"),
    Case("BatchNorm1d", (3,), ((5, 3),), (5, 3), _statistics(3, affine=False),
         "BatchNorm1d(3, eps=1e-05, momentum=0.1, affine=False, "
         "bias=False, track_running_stats=True)",
         {"affine": False}),
    Case("BatchNorm1d", (2,), ((5, 2),), (5, 2), {"weight": (2,), **_statistics(2, affine=False)},
         "BatchNorm1d(2, eps=1e-05, momentum=0.1, affine=True, "
         "bias=False, track_running_stats=True)",
         {"bias": False}),
    Case("BatchNorm2d", (4,), IMAGES, (2, 4, 7, 6), _statistics(4),
         "BatchNorm2d(4, eps=1e-05, momentum=0.3, affine=True, "
         "bias=True, track_running_stats=True)",
         {"momentum": 0.3}),
    Case("BatchNorm2d", (4,), IMAGES, (2, 4, 7, 6), _weights(weight=(4,), bias=(4,)),
         "BatchNorm2d(4, eps=1e-05, momentum=0.1, affine=True, "
         "bias=True, track_running_stats=False)",
         {"track_running_stats": False}),
    Case("LayerNorm", (4,), ((2, 3, 4),), (2, 3, 4), _weights(weight=(4,), bias=(4,)),
         "LayerNorm((4,), eps=1e-05, elementwise_affine=True, bias=True)"),
    Case("LayerNorm", ((3, 4),), ((2, 3, 4),), (2, 3, 4), _weights(weight=(3, 4)),
         "LayerNorm((3, 4), eps=0.01, elementwise_affine=True, bias=False)",
         {"eps": 0.01, "bias": False}),
    Case("LayerNorm", ([3, 4],), ((2, 3, 4),), (2, 3, 4), {},
         "LayerNorm((3, 4), eps=1e-05, elementwise_affine=False, bias=False)",
         {"elementwise_affine": False}),
    Case("Embedding", (7, 3), ((2, 5),), (2, 5, 3), _weights(weight=(7, 3)), "Embedding(7, 3)",
         integers=7),
    Case("Embedding", (3, 2), ((6,),), (6, 2), _weights(weight=(3, 2)),
         "Embedding(3, 2, padding_idx=2)", {"padding_idx": -1}, integers=3),
    Case("Flatten", (), IMAGES, (2, 168), {}, "Flatten(start_dim=1, end_dim=-1)"),
    Case("Flatten", (2, 3), IMAGES, (2, 4, 42), {}, "Flatten(start_dim=2, end_dim=3)"),
    _plain("Dropout", "p=0.3, inplace=False", 0.3),
    _plain("Dropout", "p=1.0, inplace=False", 1.0),
    _plain("Identity"),
    _plain("Sigmoid"),
    _plain("Tanh"),
    _plain("ReLU"),
    _plain("LeakyReLU", "negative_slope=0.01"),
    _plain("LeakyReLU", "negative_slope=0.2", 0.2),
    _plain("ELU", "alpha=1.0"),
    _plain("ELU", "alpha=0.5", alpha=0.5),
    _plain("GELU", "approximate='none'"),
    _plain("GELU", "approximate='tanh'", approximate="tanh"),
    _plain("SiLU"),
    _plain("Softplus", "beta=1.0, threshold=20.0"),
    _plain("Softplus", "beta=3.0, threshold=20.0", beta=3.0),
    _plain("Softplus", "beta=2.0, threshold=0.5", 2.0, 0.5),
    _plain("Softmax", "dim=1", 1),
    _plain("LogSoftmax", "dim=-1", dim=-1),
    _plain("Hardtanh", "min_val=-1.0, max_val=1.0"),
    _plain("Hardtanh", "min_val=-0.5, max_val=2.0", -0.5, max_val=2.0),
]  # fmt: skip

CONTAINERS = {"Sequential", "ModuleList"}
