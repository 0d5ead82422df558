"""holograd: neural networks in which nothing is hidden and nothing is slow."""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING

import numpy as _numpy

from holograd import nn, optim
from holograd.capture import capture
from holograd.creation import (
    arange,
    as_tensor,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    ones,
    ones_like,
    rand,
    rand_like,
    randint,
    randn,
    randn_like,
    randperm,
    tensor,
    zeros,
    zeros_like,
)
from holograd.errors import HologradError
from holograd.ops.arithmetic import (
    add,
    ceil,
    div,
    floor,
    floor_divide,
    lerp,
    mul,
    neg,
    remainder,
    round,
    sub,
)
from holograd.ops.compare import (
    eq,
    ge,
    gt,
    isfinite,
    isinf,
    isnan,
    le,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    lt,
    ne,
)
from holograd.ops.contract import (
    dot,
    matmul,
    mm,
    outer,
)
from holograd.ops.convolution import (
    conv1d,
    conv2d,
)
from holograd.ops.einsum import (
    einsum,
)
from holograd.ops.elementwise import (
    abs,
    acos,
    asin,
    atan,
    cast,
    clamp,
    cos,
    cosh,
    erf,
    exp,
    expm1,
    log,
    log1p,
    log_sigmoid,
    maximum,
    minimum,
    pow,
    reciprocal,
    relu,
    rsqrt,
    sigmoid,
    sign,
    sin,
    sinh,
    softplus,
    sqrt,
    square,
    tan,
    tanh,
    where,
)
from holograd.ops.gather import (
    embedding,
    gather,
    index_select,
    one_hot,
    scatter_add,
)
from holograd.ops.indexing import (
    diag,
    masked_fill,
)
from holograd.ops.movement import (
    expand,
    flatten,
    flip,
    movedim,
    permute,
    repeat,
    reshape,
    squeeze,
    t,
    transpose,
    unflatten,
    unsqueeze,
)
from holograd.ops.pieces import (
    cat,
    chunk,
    narrow,
    pad,
    roll,
    split,
    stack,
    tril,
    triu,
)
from holograd.ops.pool import (
    avg_pool2d,
    max_pool2d,
)
from holograd.ops.random import (
    Generator,
    default_generator,
    manual_seed,
)
from holograd.ops.reduce import (
    all,
    amax,
    amin,
    any,
    log_softmax,
    logsumexp,
    mean,
    softmax,
    sum,
)
from holograd.ops.running import (
    argmax,
    argmin,
    cumprod,
    cumsum,
    prod,
)
from holograd.ops.sorting import (
    argsort,
    max,
    min,
    sort,
    topk,
)
from holograd.ops.statistics import (
    norm,
    std,
    var,
)
from holograd.tensor import (
    Tensor,
    enable_grad,
    no_grad,
)
from holograd.transforms import (
    grad,
    hessian,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)

if _TYPE_CHECKING:
    from holograd import data, pictures, training
    from holograd.check import check_gradient
    from holograd.compiler import Compiled, compile
    from holograd.explanation import Explanation, explain
    from holograd.files import load, save
    from holograd.separability import Inseparable, Separation, separate
    from holograd.tabular import TableModel, train_table
    from holograd.training import (
        BestWeights,
        Callback,
        Checkpoint,
        EarlyStopping,
        History,
        evaluate,
        fit,
        predict,
    )
    from holograd.watching import watch

__version__ = "0.1.0"

# What a program that only computes does not need is imported when it is first asked for.
_ON_FIRST_USE = {
    "data": "holograd.data",
    "training": "holograd.training",
    "check_gradient": "holograd.check",
    "load": "holograd.files",
    "save": "holograd.files",
    "Inseparable": "holograd.separability",
    "Separation": "holograd.separability",
    "separate": "holograd.separability",
    "TableModel": "holograd.tabular",
    "train_table": "holograd.tabular",
    "BestWeights": "holograd.training",
    "Callback": "holograd.training",
    "Checkpoint": "holograd.training",
    "EarlyStopping": "holograd.training",
    "History": "holograd.training",
    "evaluate": "holograd.training",
    "fit": "holograd.training",
    "predict": "holograd.training",
    "Compiled": "holograd.compiler",
    "compile": "holograd.compiler",
    "Explanation": "holograd.explanation",
    "explain": "holograd.explanation",
    "pictures": "holograd.pictures",
    "watch": "holograd.watching",
}


def __getattr__(name: str) -> object:
    if name not in _ON_FIRST_USE:
        raise AttributeError(f"module 'holograd' has no attribute {name!r}")
    module = _import_module(_ON_FIRST_USE[name])
    value = module if name in ("data", "pictures", "training") else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


float32 = _numpy.dtype("float32")
float64 = _numpy.dtype("float64")
int8 = _numpy.dtype("int8")
int16 = _numpy.dtype("int16")
int32 = _numpy.dtype("int32")
int64 = _numpy.dtype("int64")
uint8 = _numpy.dtype("uint8")
bool = _numpy.dtype("bool")

__all__ = [
    "BestWeights",
    "Callback",
    "Checkpoint",
    "Compiled",
    "EarlyStopping",
    "Explanation",
    "Generator",
    "History",
    "HologradError",
    "Inseparable",
    "Separation",
    "TableModel",
    "Tensor",
    "__version__",
    "abs",
    "acos",
    "add",
    "all",
    "amax",
    "amin",
    "any",
    "arange",
    "argmax",
    "argmin",
    "argsort",
    "as_tensor",
    "asin",
    "atan",
    "avg_pool2d",
    "bool",
    "capture",
    "cast",
    "cat",
    "ceil",
    "check_gradient",
    "chunk",
    "clamp",
    "compile",
    "conv1d",
    "conv2d",
    "cos",
    "cosh",
    "cumprod",
    "cumsum",
    "data",
    "default_generator",
    "diag",
    "div",
    "dot",
    "einsum",
    "embedding",
    "enable_grad",
    "eq",
    "erf",
    "evaluate",
    "exp",
    "expand",
    "explain",
    "expm1",
    "eye",
    "fit",
    "flatten",
    "flip",
    "float32",
    "float64",
    "floor",
    "floor_divide",
    "from_numpy",
    "full",
    "full_like",
    "gather",
    "ge",
    "grad",
    "gt",
    "hessian",
    "index_select",
    "int8",
    "int16",
    "int32",
    "int64",
    "isfinite",
    "isinf",
    "isnan",
    "jacobian",
    "jvp",
    "le",
    "lerp",
    "linspace",
    "load",
    "log",
    "log1p",
    "log_sigmoid",
    "log_softmax",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logsumexp",
    "lt",
    "manual_seed",
    "masked_fill",
    "matmul",
    "max",
    "max_pool2d",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mm",
    "movedim",
    "mul",
    "narrow",
    "ne",
    "neg",
    "nn",
    "no_grad",
    "norm",
    "one_hot",
    "ones",
    "ones_like",
    "optim",
    "outer",
    "pad",
    "permute",
    "pictures",
    "pow",
    "predict",
    "prod",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
    "reciprocal",
    "relu",
    "remainder",
    "repeat",
    "reshape",
    "roll",
    "round",
    "rsqrt",
    "save",
    "scatter_add",
    "separate",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "sort",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "sub",
    "sum",
    "t",
    "tan",
    "tanh",
    "tensor",
    "topk",
    "train_table",
    "training",
    "transpose",
    "tril",
    "triu",
    "uint8",
    "unflatten",
    "unsqueeze",
    "value_and_grad",
    "var",
    "vjp",
    "watch",
    "where",
    "zeros",
    "zeros_like",
]
