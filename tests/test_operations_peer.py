"""Every public operation against PyTorch: value, dtype, gradient; promotion; indexing."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

import holograd as hg
from conftest import optional_peer
from holograd.ops.table import FUNCTIONS

pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore::UserWarning")]
torch = optional_peer("torch")

OURS = SimpleNamespace(**FUNCTIONS)
NAMES_THERE = {"log_sigmoid": "logsigmoid"}
FUNCTIONAL = """
    pad softplus log_sigmoid one_hot embedding max_pool2d avg_pool2d linear
""".split()
_THERE = {
    name: getattr(
        torch.nn.functional if name in FUNCTIONAL else torch, NAMES_THERE.get(name, name), None
    )
    for name in FUNCTIONS
}
THEIRS = SimpleNamespace(**{
    **_THERE,
    "view": lambda x, *shape: x.view(*shape),
    "expand": lambda x, *shape: x.expand(*shape),
    "repeat": lambda x, *sizes: x.repeat(*sizes),
})  # fmt: skip

INF, NAN = math.inf, math.nan
generator = np.random.default_rng(4)


def real(*shape, low=-2.0, high=2.0):
    return generator.uniform(low, high, shape)


def whole(*shape, low=-5, high=6):
    return generator.integers(low, high, shape)


def truth(*shape):
    return generator.uniform(-1, 1, shape) > 0


A, B, C = real(3, 4), real(4), real(3, 1)
POSITIVE, SMALL = real(2, 3, low=0.2), real(2, 3, low=-0.9, high=0.9)
SPECIAL = np.array([0.0, -0.0, 1.0, -1.0, 0.5, 2.5, -2.5, INF, -INF, NAN, 1e30, 1e-30])
WHOLE, DIVISORS, MASK = whole(3, 4), whole(4, low=1), truth(3, 4)
BLOCK = real(2, 3, 4)
ROW, TIES = np.array([3.0, 1.0, 3.0, 0.0, 1.0]), np.array([[1.0, 1.0, 0.0], [2.0, 0.0, 2.0]])
ZEROS = np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 4.0], [1.5, 2.0, 3.0]])
IMAGE, KERNEL, BIAS = real(2, 4, 7, 6), real(6, 4, 3, 2), real(6)
SIGNAL, TAPS = real(2, 4, 9), real(4, 2, 3)

ONE = """
    neg reciprocal square abs sign floor ceil round exp expm1 sin cos tan atan sinh cosh tanh
    sigmoid relu log_sigmoid erf softplus isnan isinf isfinite log log1p sqrt rsqrt asin acos
""".split()
TWO = """
    add sub mul div floor_divide remainder maximum minimum eq ne lt le gt ge
""".split()
ALL = """
    sum mean amax amin prod any all logsumexp argmax argmin max min var std norm
""".split()

CASES = [
    # number by number
    *[(name, lambda m, x, n=name: getattr(m, n)(x), [x]) for name in ONE for x in (A, SPECIAL)],
    *[(name, lambda m, x, n=name: getattr(m, n)(x), [POSITIVE]) for name in ONE],
    *[(name, lambda m, x, n=name: getattr(m, n)(x), [SMALL]) for name in ONE],
    *[(name, lambda m, x, n=name: getattr(m, n)(x), [real(0, 2)]) for name in ONE],
    *[(name, lambda m, x, y, n=name: getattr(m, n)(x, y), [x, y])
      for name in TWO for x, y in [(A, B), (A, C), (A, real()), (A, A), (SPECIAL, SPECIAL[::-1]),
                                   (real(0, 4), B)]],
    *[(name, lambda m, x, y, n=name: getattr(m, n)(x, y), [WHOLE, DIVISORS]) for name in TWO],
    ("pow", lambda m, x, y: m.pow(x, y), [real(3, 4, low=0.2), B]),
    ("pow", lambda m, x: m.pow(x, 3), [A]),
    ("pow", lambda m, x: m.pow(x, 2), [WHOLE]),
    ("pow", lambda m, x: m.pow(x, -0.5), [POSITIVE]),
    ("pow", lambda m, x: m.pow(2.0, x), [A]),
    ("pow", lambda m, x: m.pow(x, exponent=0), [ZEROS]),
    ("softplus", lambda m, x: m.softplus(x, beta=2.0), [A]),
    ("clamp", lambda m, x: m.clamp(x, -1, 1), [A]),
    ("clamp", lambda m, x: m.clamp(x, min=0.5), [A]),
    ("clamp", lambda m, x: m.clamp(x, max=1.5), [WHOLE]),
    ("clamp", lambda m, x, y: m.clamp(x, y, y + 1), [A, B]),
    ("lerp", lambda m, x, y: m.lerp(x, y, 0.3), [A, B]),
    ("lerp", lambda m, x, y, w: m.lerp(x, y, w), [A, B, C]),
    ("where", lambda m, c, x, y: m.where(c, x, y), [MASK, A, B]),
    ("where", lambda m, c, x: m.where(c, x, 0.0), [MASK, A]),
    ("where", lambda m, c, x: x.where(c, x * 2), [MASK, A]),
    ("logical_and", lambda m, x, y: m.logical_and(x, y), [MASK, MASK[0]]),
    ("logical_or", lambda m, x, y: m.logical_or(x, y), [MASK, MASK[0]]),
    ("logical_xor", lambda m, x, y: m.logical_xor(x, y), [MASK, MASK[0]]),
    ("logical_not", lambda m, x: m.logical_not(x), [MASK]),
    # reductions
    *[(name, lambda m, x, n=name: getattr(m, n)(x), [x])
      for name in ALL if name != "logsumexp" for x in (A, BLOCK)],
    *[(name, lambda m, x, n=name: getattr(m, n)(x, 1), [x])
      for name in ALL if name != "norm" for x in (A, BLOCK)],
    *[(name, lambda m, x, n=name: getattr(m, n)(x, dim=-1, keepdim=True), [BLOCK]) for name in ALL],
    *[(name, lambda m, x, n=name: getattr(m, n)(x, (0, -1)), [BLOCK])
      for name in "sum mean amax amin logsumexp var std any all".split()],
    *[(name, lambda m, x, n=name: getattr(m, n)(x), [TIES])
      for name in "amax amin max min".split()],
    *[(name, lambda m, x, n=name: getattr(m, n)(x, 0), [TIES])
      for name in "amax amin max min argmax argmin".split()],
    *[(name, lambda m, x, n=name: getattr(m, n)(x), [x]) for name in ("sum", "prod")
      for x in (WHOLE, MASK, WHOLE.astype(np.int32), WHOLE.astype(np.uint8))],
    *[(name, lambda m, x, n=name: getattr(m, n)(x), [MASK]) for name in ("any", "all")],
    *[(name, lambda m, x, n=name: getattr(m, n)(x), [WHOLE]) for name in ("max", "amin", "argmax")],
    ("max", lambda m, x, y: m.max(x, y), [A, B]),
    ("max", lambda m, x, y: m.max(x, other=y), [A, B]),
    ("min", lambda m, x, y: m.min(x, y), [A, B]),
    ("sum", lambda m, x: m.sum(x, 1, dtype=m.sum(x).dtype), [A]),
    ("logsumexp", lambda m, x: m.logsumexp(x, 0), [WHOLE]),
    *[("prod", lambda m, x, d=dim: m.prod(x, d), [ZEROS]) for dim in (0, 1)],
    ("prod", lambda m, x: m.prod(x), [np.array([0.0, 2.0, 0.0])]),
    ("var", lambda m, x: m.var(x, 0, False), [A]),
    ("var", lambda m, x: m.var(x, False), [A]),
    ("var", lambda m, x: m.var(x, dim=1, correction=2, keepdim=True), [A]),
    ("std", lambda m, x: m.std(x, 1, unbiased=False), [A]),
    ("std", lambda m, x: m.std(x, 0), [np.ones((2, 3))]),
    *[("norm", lambda m, x, p=p, d=d: m.norm(x, p, d), [A])
      for p in ("fro", 1, 2, 3, 0.5, INF, -INF, -1) for d in (None, 0, (0, 1))
      if not (p == "fro" and d == 0)],
    ("norm", lambda m, x: m.norm(x, 0), [np.array([0.0, 2.0, -1.0])]),
    ("norm", lambda m, x: m.norm(x, dim=1), [np.array([[0.0, 0.0], [3.0, 4.0]])]),
    # along a dimension
    *[(name, lambda m, x, n=name, d=d: getattr(m, n)(x, d), [x])
      for name in "softmax log_softmax cumsum cumprod".split()
      for x, d in [(A, 0), (BLOCK, 1), (BLOCK, -1), (real(), 0), (real(2, 0), 1), (real(3, 1), 1)]],
    ("cumprod", lambda m, x: m.cumprod(x, 1), [ZEROS]),
    ("cumsum", lambda m, x: m.cumsum(x, 0), [MASK]),
    ("softmax", lambda m, x: m.softmax(x, dim=1), [np.array([[INF, 0.0], [-INF, 0.0]])]),
    ("log_softmax", lambda m, x: m.log_softmax(x, 1), [np.array([[1e4, 0.0], [-INF, 0.0]])]),
    # order
    *[(name, lambda m, x, n=name: getattr(m, n)(x, dim=0, descending=True, stable=True), [x])
      for name in ("sort", "argsort") for x in (A, ROW)],
    *[(name, lambda m, x, n=name: getattr(m, n)(x, stable=True), [x])
      for name in ("sort", "argsort") for x in (A, ROW, WHOLE, SPECIAL)],
    ("topk", lambda m, x: m.topk(x, 2), [A]),
    ("topk", lambda m, x: m.topk(x, 2, 0, False), [A]),
    # movement
    ("reshape", lambda m, x: m.reshape(x, (2, -1)), [A]),
    ("reshape", lambda m, x: x.reshape(6, 2), [A]),
    ("view", lambda m, x: m.view(x, -1), [A]),
    ("flatten", lambda m, x: m.flatten(x, 1), [BLOCK]),
    ("flatten", lambda m, x: m.flatten(x), [real()]),
    ("unflatten", lambda m, x: m.unflatten(x, 1, (2, -1)), [A]),
    ("squeeze", lambda m, x: m.squeeze(x), [real(1, 3, 1)]),
    ("squeeze", lambda m, x: m.squeeze(x, 0), [real(1, 3, 1)]),
    ("squeeze", lambda m, x: m.squeeze(x, (0, 1)), [real(1, 3, 1)]),
    ("unsqueeze", lambda m, x: m.unsqueeze(x, -1), [A]),
    ("permute", lambda m, x: m.permute(x, (2, 0, -2)), [BLOCK]),
    ("permute", lambda m, x: x.permute(2, 0, 1), [BLOCK]),
    ("transpose", lambda m, x: m.transpose(x, 0, -1), [BLOCK]),
    ("movedim", lambda m, x: m.movedim(x, 0, -1), [BLOCK]),
    ("movedim", lambda m, x: m.movedim(x, (0, 2), (1, 0)), [BLOCK]),
    ("t", lambda m, x: m.t(x), [A]),
    ("expand", lambda m, x: m.expand(x, 2, -1, 5), [C]),
    ("repeat", lambda m, x: m.repeat(x, 2, 1, 3), [A]),
    ("flip", lambda m, x: m.flip(x, dims=(0, 2)), [BLOCK]),
    ("flip", lambda m, x: x.flip(1), [BLOCK]),
    ("narrow", lambda m, x: m.narrow(x, 1, 1, 2), [A]),
    ("narrow", lambda m, x: m.narrow(x, 1, -2, 2), [A]),
    ("pad", lambda m, x: m.pad(x, (1, 2, 0, 1)), [A]),
    ("pad", lambda m, x: m.pad(x, (-1, 2), value=3.5), [A]),
    ("cat", lambda m, x, y: m.cat([x, y], dim=1), [A, C]),
    ("cat", lambda m, x, y: m.cat([x, y]), [A, WHOLE]),
    ("stack", lambda m, x, y: m.stack([x, y, x], dim=-1), [A, A + 1]),
    ("split", lambda m, x: m.split(x, 3, dim=1), [A]),
    ("split", lambda m, x: m.split(x, [1, 2]), [A]),
    ("chunk", lambda m, x: m.chunk(x, 3, 1), [A]),
    ("roll", lambda m, x: m.roll(x, 5), [A]),
    ("roll", lambda m, x: m.roll(x, (1, -2), (0, 1)), [A]),
    *[(name, lambda m, x, n=name, d=d: getattr(m, n)(x, d), [x])
      for name in ("tril", "triu") for d in (-1, 0, 2) for x in (A, BLOCK, MASK)],
    *[("diag", lambda m, x, d=d: m.diag(x, d), [x]) for d in (-1, 0, 2) for x in (A, B)],
    # positions
    ("gather", lambda m, x, i: m.gather(x, 1, i), [A, whole(3, 6, low=0, high=4)]),
    ("gather", lambda m, x, i: m.gather(x, 0, i), [A, whole(2, 3, low=0, high=3)]),
    ("scatter_add", lambda m, x, i, s: m.scatter_add(x, 1, i, s),
     [A, whole(3, 4, low=0, high=4), A + 1]),
    ("scatter_add", lambda m, x, i, s: m.scatter_add(x, 0, i, s),
     [A, whole(2, 3, low=0, high=3), real(2, 3)]),
    ("index_select", lambda m, x, i: m.index_select(x, 1, i), [BLOCK, np.array([0, 2, 2])]),
    ("embedding", lambda m, i, w: m.embedding(i, w), [whole(2, 3, low=0, high=3), A]),
    ("one_hot", lambda m, i: m.one_hot(i), [whole(2, 3, low=0, high=3)]),
    ("one_hot", lambda m, i: m.one_hot(i, 5), [whole(2, 3, low=0, high=3)]),
    ("masked_fill", lambda m, x, c: m.masked_fill(x, c, -INF), [A, MASK]),
    # products
    *[("matmul", lambda m, x, y: m.matmul(x, y), [real(*a), real(*b)])
      for a, b in [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)),
                   ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (5, 3, 4)),
                   ((3,), (5, 3, 2)), ((1, 4, 2, 3), (5, 1, 3, 2)), ((0, 3), (3, 2)),
                   ((2, 0), (0, 3)), ((5, 2, 3), (3,))]],
    ("matmul", lambda m, x, y: m.matmul(x, y), [WHOLE, WHOLE.T]),
    ("mm", lambda m, x, y: m.mm(x, y), [A, A.T]),
    ("dot", lambda m, x, y: m.dot(x, y), [B, B + 1]),
    ("outer", lambda m, x, y: m.outer(x, y), [B, A[:, 0]]),
    *[("linear", lambda m, x, w, b: m.linear(x, w, b), [x, real(5, 4), real(5)])
      for x in (A, BLOCK, B)],
    *[("einsum", lambda m, *x, e=e: m.einsum(e, *x), x) for e, x in [
        ("ij,jk->ik", [A, A.T]), ("ij,jk", [A, A.T]), ("ij->ji", [A]), ("ij->", [A]),
        ("ij->j", [A]),
        ("i,j->ij", [B, B]), ("ij,ij->i", [A, A]), ("bij,bjk->bik", [BLOCK, real(2, 4, 2)]),
        ("...ij,...jk->...ik", [BLOCK, real(4, 2)]), ("ii->i", [real(3, 3)]), ("ii", [real(3, 3)]),
        ("iij->j", [real(3, 3, 2)]), ("ij,j,k->ik", [A, B, B]), ("ij,kj,kl->il", [A, A, A]),
        ("bij,ij->b", [BLOCK, A]), ("...i->...", [BLOCK]), ("i,i", [B, B]), ("ij,kl->jl", [A, A]),
        ("ij , jk -> ki", [A, A.T]), ("Ab,bA->A", [A, A.T]),
    ]],
    # convolution and pooling
    *[("conv2d", lambda m, x, w, b, o=options: m.conv2d(x, w, b, **o), [IMAGE, KERNEL, BIAS])
      for options in [{}, {"stride": 2}, {"padding": 1}, {"dilation": 2}, {"padding": "same"},
                      {"padding": "valid"}, {"stride": 3, "padding": 2, "dilation": 2},
                      {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2)}]],
    ("conv2d", lambda m, x, w: m.conv2d(x, w, groups=2), [IMAGE, real(6, 2, 3, 2)]),
    ("conv2d", lambda m, x, w: m.conv2d(x, w, groups=4, stride=2), [IMAGE, real(4, 1, 2, 2)]),
    ("conv2d", lambda m, x, w: m.conv2d(x, w), [IMAGE[0], KERNEL]),
    ("conv2d", lambda m, x, w: m.conv2d(x, w), [IMAGE[:0], KERNEL]),
    ("conv2d", lambda m, x, w: m.conv2d(x, w), [IMAGE, real(3, 4, 7, 6)]),
    *[("conv1d", lambda m, x, w, b, o=options: m.conv1d(x, w, b, **o), [SIGNAL, TAPS, real(4)])
      for options in [{"groups": 2}, {"groups": 2, "stride": 2, "padding": 1, "dilation": 2},
                      {"groups": 2, "padding": "same", "dilation": 3}]],
    ("conv1d", lambda m, x, w: m.conv1d(x, w), [SIGNAL[0], real(3, 4, 2)]),
    *[("max_pool2d", lambda m, x, o=options: m.max_pool2d(x, **o), [x])
      for x in (IMAGE, IMAGE[0], np.round(IMAGE)) for options in [
          {"kernel_size": 2}, {"kernel_size": (3, 2), "stride": (1, 2)},
          {"kernel_size": 3, "stride": 2, "padding": 1},
          {"kernel_size": 2, "stride": 2, "dilation": 2},
          {"kernel_size": 2, "ceil_mode": True}, {"kernel_size": 3, "stride": 2, "ceil_mode": True},
          {"kernel_size": 4, "stride": 3, "padding": 2, "ceil_mode": True},
          {"kernel_size": 2, "stride": 4, "padding": 1, "ceil_mode": True}]],
    *[("avg_pool2d", lambda m, x, o=options: m.avg_pool2d(x, **o), [x])
      for x in (IMAGE, IMAGE[0]) for options in [
          {"kernel_size": 2}, {"kernel_size": (3, 2), "stride": (1, 2)},
          {"kernel_size": 3, "stride": 2, "padding": 1},
          {"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False},
          {"kernel_size": 2, "ceil_mode": True}, {"kernel_size": 4, "stride": 3, "ceil_mode": True},
          {"kernel_size": 4, "stride": 3, "padding": 2, "ceil_mode": True},
          {"kernel_size": 4, "stride": 3, "padding": (2, 1), "ceil_mode": True,
           "count_include_pad": False}]],
]  # fmt: skip

# Where a NaN goes in, the gradient at it is nobody's concern.
NO_GRADIENT_AT_NAN = {"clamp", "maximum", "minimum"}


def test_every_function_is_compared():
    assert {name for name, _, _ in CASES} == set(FUNCTIONS)


def results_of(module, function, inputs, make, variable=True) -> tuple[list, list]:
    """The results of a function, and the gradients of their sum with fixed weights."""
    tensors = [make(one, variable) for one in inputs]
    result = function(module, *tensors)
    results = list(result) if isinstance(result, (tuple, list)) else [result]
    values = [one.detach().numpy() for one in results]
    floats = [one for one in results if one.requires_grad]
    if floats:
        terms = []
        for one in floats:
            weights = np.linspace(0.5, 1.5, math.prod(one.shape)).reshape(tuple(one.shape))
            terms.append((one * make(weights.astype(one.detach().numpy().dtype), False)).sum())
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        total.backward()
    gradients: list = [None if one.grad is None else one.grad.numpy() for one in tensors]
    return values, gradients


def our_tensor(array, variable=True):
    return hg.tensor(array, requires_grad=variable and array.dtype.kind == "f")


def their_tensor(array, variable=True):
    made = torch.tensor(np.ascontiguousarray(array).reshape(array.shape))
    return made.requires_grad_(variable and array.dtype.kind == "f")


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    "case", CASES, ids=[f"{name}-{place}" for place, (name, _, _) in enumerate(CASES)]
)
def test_equals_pytorch(case, dtype):
    name, function, inputs = case
    given = [one.astype(dtype) if one.dtype.kind == "f" else one for one in map(np.asarray, inputs)]
    variable = name != "floor_divide"  # which has a gradient in neither library
    own, own_gradients = results_of(OURS, function, given, our_tensor, variable)
    other, other_gradients = results_of(THEIRS, function, given, their_tensor, variable)
    assert len(own) == len(other)
    for one, two in zip(own, other, strict=True):
        check_equal(one, two)
    for one, two, array in zip(own_gradients, other_gradients, given, strict=True):
        if one is None or two is None:
            assert one is None or not np.any(one), "a gradient where PyTorch has none"
            assert two is None or not np.any(two), "no gradient where PyTorch has one"
        elif name in NO_GRADIENT_AT_NAN:
            check_equal(np.where(np.isnan(array), 0, one), np.where(np.isnan(array), 0, two))
        else:
            check_equal(one, two)


def check_equal(one, two):
    """Same shape, same dtype, and same numbers within what the dtype can tell."""
    assert one.shape == two.shape and one.dtype == two.dtype
    double = one.dtype == np.float64
    np.testing.assert_allclose(one, two, 1e-10 if double else 2e-5, 1e-12 if double else 1e-5)


KINDS = [np.bool_, np.uint8, np.int8, np.int32, np.int64, np.float32, np.float64]
PLAIN = [True, 2, 2.5]


@pytest.mark.parametrize("name", ["add", "mul", "div", "maximum", "where", "eq", "pow", "matmul"])
@pytest.mark.parametrize("first", KINDS, ids=lambda kind: kind.__name__)
def test_promotion(name, first):
    """The dtype of a result for every pair of dtypes, with and without dimensions, and numbers."""

    def call(module, make, a, b):
        try:
            x, y = make(a), b if isinstance(b, (bool, int, float)) else make(b)
            if name == "where":
                return module.where(make(np.array([True])), x, y)
            return getattr(module, name)(x, y)
        except (RuntimeError, TypeError, NotImplementedError) as error:
            return error

    shapes = [(2,), ()] if name != "matmul" else [(2,)]
    for shape in shapes:
        a = np.ones(shape, first)
        partners = [np.ones(one, kind) for one in shapes for kind in KINDS]
        partners += PLAIN[name == "pow" :] if name not in ("maximum", "matmul") else []
        for b in partners:
            own = call(OURS, lambda x: our_tensor(x, False), a, b)
            other = call(THEIRS, lambda x: their_tensor(x, False), a, b)
            if isinstance(other, Exception):  # only these are wider than PyTorch, on purpose
                assert isinstance(own, Exception) or name == "matmul", (a.dtype, b)
                continue
            assert not isinstance(own, Exception), (a.dtype, b, own)
            assert str(own.dtype) == str(other.dtype).removeprefix("torch."), (a.dtype, b, shape)


KEYS = [
    0, -1, slice(1, 3), slice(None, None, 2), slice(-2, None), None, ..., (0, 1), (..., 0),
    (None, 0, ..., None), (slice(1, None), slice(None), slice(0, 4, 3)), ([0, 2, 2],),
    (slice(None), [1, 0]), ([0, 2], [1, 1]), ([[0], [2]], [1, 0]), ([0, 1], slice(None), [2, 3]),
    (0, slice(None), [1, 2]), (slice(None), 0, [1, 2]), ([0, 1], None, [1, 0]), ([-1, -2],),
    (np.array([True, False, True]),), (slice(None), np.array([True, False])),
    (np.arange(24).reshape(3, 2, 4) % 3 == 0,), (..., np.array([True, False, True, True])),
    (np.array([[True, False], [False, True], [True, True]]), [0, 1, 2, 3]), ([],), (slice(5, 2),),
    (1, [[0, 1], [1, 0]], [2, 3]), (slice(0, 2), [0, 0], slice(1, 3)),
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_indexing(key):
    array = np.arange(24.0).reshape(3, 2, 4)
    keys = key if isinstance(key, tuple) else (key,)
    own_key = tuple(hg.tensor(k) if isinstance(k, np.ndarray) else k for k in keys)
    their_key = tuple(torch.tensor(k) if isinstance(k, np.ndarray) else k for k in keys)
    if isinstance(keys[0], list) and not keys[0]:
        their_key = (torch.zeros(0, dtype=torch.int64),)
    own, own_gradients = results_of(OURS, lambda m, x: x[own_key], [array], our_tensor)
    other, other_gradients = results_of(THEIRS, lambda m, x: x[their_key], [array], their_tensor)
    np.testing.assert_array_equal(own[0], other[0])
    np.testing.assert_allclose(own_gradients[0], other_gradients[0])
