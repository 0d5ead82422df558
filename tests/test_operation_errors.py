"""Misuse of an operation is told by its name, the shapes or dtypes, and what to write instead."""

from typing import Any, cast

import numpy as np
import pytest

import holograd as hg
from holograd.errors import ArgumentError, DtypeError, HologradError, ShapeError
from holograd.ops.aliases import ALIASES
from holograd.ops.table import FUNCTIONS

X = hg.zeros(2, 3)
ROW, IMAGE = hg.zeros(3), hg.zeros(1, 2, 5, 5)
WHOLE, TRUTH = hg.tensor([[1, 2, 3]]), hg.tensor([True, False])
KERNEL = hg.zeros(4, 2, 3, 3)

# What is done, the class of the error, and what the message must say.
CASES = [
    # shapes
    (lambda: X + hg.zeros(2), ShapeError, r"add cannot combine.* \(2, 3\) and \(2,\).*reshape"),
    (lambda: hg.where(X > 0, X, hg.zeros(4)), ShapeError, r"where cannot combine.*\(4,\)"),
    (lambda: X @ X, ShapeError, r"matmul cannot multiply shapes \(2, 3\) and \(2, 3\).*Transpose"),
    (lambda: hg.zeros(2, 2, 3) @ hg.zeros(3, 3, 2), ShapeError, "matmul cannot multiply"),
    (lambda: X @ hg.tensor(2.0), ShapeError, r"one or more dimensions. Write a \* b"),
    (lambda: hg.mm(X, ROW), ShapeError, r"mm takes two matrices.*\(3,\).*Write x @ y"),
    (lambda: X.dot(X), ShapeError, r"dot takes two vectors.*\(2, 3\).*Write x @ y"),
    (lambda: X.outer(ROW), ShapeError, r"outer takes two vectors"),
    (lambda: X.t().reshape(4), ShapeError, r"reshape cannot turn shape \(3, 2\) into \(4,\)"),
    (lambda: X.reshape(-1, 4), ShapeError, "no single extent there makes 6 numbers"),
    (lambda: X.view(-1, -1), ShapeError, "reshape cannot turn"),
    (lambda: X.unflatten(1, (2, 2)), ShapeError, r"cannot split extent 3 into \(2, 2\)"),
    (lambda: X.flatten(1, 0), ShapeError, "start_dim=1 behind end_dim=0"),
    (lambda: X.permute(0, 0), ShapeError, "each of 2 dimensions once"),
    (lambda: hg.zeros(2, 2, 2).t(), ShapeError, r"Write x\.transpose\(-2, -1\)"),
    (lambda: X.expand(2, 4), ShapeError, r"expand cannot stretch shape \(2, 3\) to \(2, 4\)"),
    (lambda: X.expand(-1, 2, 3), ShapeError, "new dimensions stand in front"),
    (lambda: X.repeat(2), ShapeError, r"repeat got \(2,\) for shape \(2, 3\)"),
    (lambda: X.repeat(2, -1), ShapeError, "0 or more"),
    (lambda: X.movedim(0, (0, 1)), ShapeError, "a place for each dimension"),
    (lambda: hg.cat([X, ROW]), ShapeError, r"cat along dim 0 cannot join.*\(3,\)"),
    (lambda: hg.cat([hg.tensor(1.0)]), ShapeError, "Write stack"),
    (lambda: hg.cat([]), ArgumentError, "cat got no tensors"),
    (lambda: hg.stack([X, ROW]), ShapeError, r"one shape, and got \[\(2, 3\), \(3,\)\]"),
    (lambda: X.split([1, 2]), ShapeError, "do not add up to extent 2 of dim 0"),
    (lambda: X.split(0), ArgumentError, "split got a size of 0"),
    (lambda: X.chunk(0), ArgumentError, "chunk got 0 pieces"),
    (lambda: hg.tensor(1.0).chunk(2), ShapeError, "chunk takes a dimension"),
    (lambda: X.narrow(1, 2, 2), ShapeError, r"cannot take 2 from 2 at dim 1 of shape \(2, 3\)"),
    (lambda: X.roll((1, 2), (0,)), ShapeError, "one shift a dimension"),
    (ROW.tril, ShapeError, r"tril takes a matrix, and got shape \(3,\)"),
    (lambda: hg.zeros(2, 2, 2).diag(), ShapeError, "diag takes a vector or a matrix"),
    (lambda: hg.pad(X, (1,)), ShapeError, "pairs"),
    (lambda: hg.pad(X, (-2, -2)), ShapeError, "cuts off more than"),
    (lambda: hg.pad(X, (1, 1), mode="reflect"), ArgumentError, r"no mode 'reflect'.*constant"),
    # dimensions
    (lambda: X.sum(2), ShapeError, "sum got dim=2 for a tensor of 2 dimensions.*from -2 to 1"),
    (lambda: X.sum((0, -2)), ShapeError, "sum got the same dimension twice"),
    (lambda: X.sum("rows"), ShapeError, "sum takes a dimension as an integer, and got 'rows'"),
    (lambda: X.mean(True), ShapeError, "as an integer, and got True"),
    (X.softmax, ArgumentError, r"softmax needs the dimension.*dim=-1"),
    (lambda: X.cumsum(5), ShapeError, "cumsum got dim=5"),
    (lambda: X.max((0, 1)), ArgumentError, r"max got dim=\(0, 1\).*x\.amax\(dim\)"),
    (lambda: X.topk(4), ArgumentError, "topk got k=4 for 3 numbers along dim 1"),
    (lambda: hg.zeros(0, 3).argmax(0), ShapeError, "argmax of no numbers does not exist"),
    (lambda: X.sort(9), ShapeError, "sort got dim=9"),
    (lambda: X.max(9), ShapeError, "max got dim=9"),
    (hg.zeros(0).max, ShapeError, "max of no numbers does not exist"),
    (lambda: hg.zeros(0, 3).min(0), ShapeError, "min of no numbers does not exist"),
    # what is no tensor
    (lambda: hg.sum(cast(Any, [1.0])), DtypeError, r"sum .* a list\. Write hg\.tensor\(\[…\]\)"),
    (lambda: hg.softmax([1.0], 0), DtypeError, "softmax takes a tensor, and got a list"),
    (lambda: hg.argmax([1.0]), DtypeError, "argmax takes a tensor, and got a list"),
    (lambda: hg.max([1.0]), DtypeError, "max takes a tensor, and got a list"),
    (lambda: hg.cat([[1.0], [2.0]]), DtypeError, "cat takes a tensor, and got a list"),
    (lambda: hg.cat(cast(Any, 5)), ArgumentError, r"cat takes several tensors.*cat\(\[a, b\]\)"),
    (lambda: X @ [1, 2], DtypeError, "matmul takes a tensor, and got a list"),
    (lambda: [1, 2] @ X, DtypeError, "matmul takes a tensor, and got a list"),
    (lambda: hg.unsqueeze(1, 0), DtypeError, "unsqueeze takes a tensor, and got an int"),
    (lambda: hg.clamp([1.0], 0), DtypeError, "clamp takes a tensor, and got a list"),
    (lambda: hg.einsum(cast(Any, X), X), ArgumentError, r'as text first.*"ij,jk->ik"'),
    # sizes and other integers
    (lambda: X.reshape("a"), ArgumentError, "reshape takes integers, and got 'a'"),
    (lambda: X.reshape(2.0, 3), ArgumentError, "reshape takes integers, and got 2.0"),
    (lambda: hg.ones(12).view(-3, 4), ShapeError, r"\(12,\) into \(-3, 4\).*may be −1"),
    (lambda: hg.ones(12).view(-3, -2, -1), ShapeError, "One extent may be −1"),
    (lambda: X.repeat(1, 2.9), ArgumentError, "repeat takes integers, and got 2.9"),
    (lambda: X.expand("a"), ArgumentError, "expand takes integers"),
    (lambda: X.unflatten(1, (3.0, 1)), ArgumentError, "unflatten takes integers"),
    (lambda: X.split(1.5), ArgumentError, "split takes integers, and got 1.5"),
    (lambda: X.chunk(1.5), ArgumentError, "chunk takes integers, and got 1.5"),
    (lambda: X.topk(1.5), ArgumentError, "topk takes integers, and got 1.5"),
    (lambda: X.narrow(0, 0.5, 1), ArgumentError, "narrow takes integers"),
    (lambda: X.roll(1.5), ArgumentError, "roll takes integers"),
    (lambda: hg.pad(X, cast(Any, 1)), ArgumentError, r"pairs \(before, after\), and got 1\."),
    (lambda: hg.pad(X, cast(Any, (1, 0.5))), ArgumentError, "pad takes integers"),
    (lambda: hg.conv2d(IMAGE, KERNEL, stride=1.5), ArgumentError, "stride takes integers"),
    (lambda: hg.max_pool2d(IMAGE, 1.5), ArgumentError, "kernel_size takes integers"),
    (lambda: hg.one_hot(hg.tensor([1, -1])), ShapeError, "class -1: classes are counted from 0"),
    # arguments of arithmetic
    (lambda: X.div(2, rounding_mode="up"), ArgumentError, '\'up\'.*Write "floor", "trunc"'),
    (lambda: X.round(decimals=0.5), ArgumentError, "round takes integers, and got 0.5"),
    (lambda: WHOLE.round(decimals=-1), DtypeError, "round with decimals takes floats"),
    # indices
    (lambda: X[[[0], [1, 2]]], ArgumentError, "rows of different lengths"),
    (lambda: X[::0], ArgumentError, "step cannot be zero"),
    (lambda: X[0.5:], ArgumentError, r"an index is slice\(0.5"),
    (lambda: X[hg.tensor([1, 0], dtype=hg.uint8)], ArgumentError, r"uint8.*key\.bool\(\)"),
    # kinds of numbers
    (WHOLE.mean, DtypeError, r"mean takes floats, and got int64.*x\.float\(\)"),
    (WHOLE.std, DtypeError, "std takes floats"),
    (WHOLE.norm, DtypeError, "norm takes floats"),
    (lambda: WHOLE.softmax(1), DtypeError, "softmax takes floats"),
    (lambda: -TRUTH, DtypeError, r"neg takes numbers.*`~x`"),
    (lambda: TRUTH - TRUTH, DtypeError, "sub takes numbers, and got truth values"),
    (lambda: ~X, DtypeError, r"logical_not takes truth values, and got float32.*x > 0"),
    (lambda: X & X, DtypeError, "logical_and takes truth values"),
    (lambda: WHOLE | WHOLE, DtypeError, "logical_or takes truth values, and got int64"),
    (lambda: hg.where(X, X, X), DtypeError, "where takes truth values"),
    (lambda: WHOLE // 0, ArgumentError, r"integers divided by 0.*x\.float\(\)"),
    (lambda: WHOLE % 0, ArgumentError, "integers divided by 0"),
    (lambda: WHOLE**-1, ArgumentError, r"integers raised to the power -1.*x\.float\(\)"),
    (lambda: hg.exp(np.zeros(2, np.complex64)), DtypeError, "cannot hold complex64"),
    (lambda: hg.exp("text"), DtypeError, "a tensor cannot hold"),
    (lambda: X.norm("nuc"), ArgumentError, "norm has no p='nuc'"),
    (X.clamp, ArgumentError, "clamp got neither min nor max"),
    # einsum
    (lambda: hg.einsum("ij,jk", X), ArgumentError, "names 2 operands, and got 1"),
    (lambda: hg.einsum("ijk->i", X), ArgumentError, r"'ijk' does not name.*\(2, 3\)"),
    (lambda: hg.einsum("ij->z", X), ArgumentError, "cannot have the output 'z'"),
    (lambda: hg.einsum("i1->i", X), ArgumentError, "cannot read 'i1->i'"),
    (lambda: hg.einsum("ii", X), ShapeError, "label i has extents 2 and 3"),
    (lambda: hg.einsum("ij,ij", X, X.T), ShapeError, "has extent 2 in one and 3 in the other"),
    # convolution and pooling
    (lambda: hg.conv2d(X, KERNEL), ShapeError, r"conv2d takes \(N, C, …\).*\(2, 3\)"),
    (lambda: hg.conv2d(IMAGE, X), ShapeError, r"conv2d takes a weight"),
    (lambda: hg.conv2d(IMAGE[:, :1], KERNEL), ShapeError, "1 channels, the weight takes 2"),
    (lambda: hg.conv2d(IMAGE, KERNEL, groups=3), ShapeError, "groups=3"),
    (lambda: hg.conv2d(IMAGE, KERNEL, dilation=3), ShapeError, "spans 7 is larger.*input 5"),
    (lambda: hg.conv2d(IMAGE, KERNEL, stride=0), ArgumentError, "got stride=0"),
    (lambda: hg.conv2d(IMAGE, KERNEL, padding=-1), ArgumentError, "got padding=-1"),
    (lambda: hg.conv2d(IMAGE, KERNEL, padding=(1, 1, 1)), ArgumentError, "2 of them"),
    (lambda: hg.conv2d(IMAGE, KERNEL, stride=2, padding="same"), ArgumentError, "needs stride 1"),
    (lambda: hg.max_pool2d(X, 2), ShapeError, r"max_pool2d takes \(N, C, H, W\)"),
    (lambda: hg.max_pool2d(IMAGE, 6), ShapeError, "larger than its input.*fewer poolings"),
    (lambda: hg.max_pool2d(IMAGE, 2, padding=2), ArgumentError, "at most half the kernel"),
    (lambda: hg.avg_pool2d(IMAGE, (2, 2, 2)), ArgumentError, r"kernel_size=\(2, 2, 2\)"),
    # creation
    (lambda: hg.zeros(2, -1), ArgumentError, r"cannot have shape \(2, -1\)"),
    (lambda: hg.arange(0, 1, -1), ArgumentError, "arange cannot go from 0 to 1 by -1"),
    (lambda: hg.linspace(0, 1, -1), ArgumentError, "steps=-1"),
    (lambda: hg.randint(5, 5, (2,)), ArgumentError, "from 5 to below 5"),
    (lambda: hg.rand(2, generator=cast(Any, 7)), ArgumentError, r"generator is 7.*hg\.Generator"),
    (lambda: hg.manual_seed(cast(Any, 1.5)), ArgumentError, "a seed is 1.5"),
    (lambda: hg.Generator(True), ArgumentError, "a seed is True"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("misuse", "kind", "words"), CASES, ids=[str(place) for place in range(len(CASES))]
)
def test_misuse_is_told(misuse, kind, words):
    with pytest.raises(kind, match=words) as caught:
        misuse()
    assert isinstance(caught.value, HologradError)
    assert isinstance(caught.value, (ValueError, TypeError)), "what other libraries would raise"


@pytest.mark.parametrize("name", ["exp", "sum", "softmax", "matmul", "sort", "conv2d"])
def test_dtypes_that_holograd_lacks_are_told(name):
    wrong = np.zeros((1, 2, 3, 3), np.float16)
    arguments = {"softmax": (1,), "matmul": (wrong,), "conv2d": (wrong,)}.get(name, ())
    with pytest.raises(DtypeError, match="cannot hold float16: holograd has bool.*float64"):
        FUNCTIONS[name](wrong, *arguments)


@pytest.mark.parametrize("alias", sorted(ALIASES))
def test_aliases_are_the_functions_that_pytorch_gives_two_names(alias):
    function = ALIASES[alias]
    x = hg.tensor([[1.0, -2.0]])
    if function is hg.cat:
        assert function([x, x], 0).shape == (2, 2) and not hasattr(x, alias)
    else:
        arguments = {"clip": (0.0, 1.0), "moveaxis": (0, 1), "swapaxes": (0, 1)}
        given = arguments.get(alias, () if alias in ("absolute", "negative") else (2.0,))
        assert getattr(x, alias)(*given).tolist() == function(x, *given).tolist()


def test_negative_slopes_of_arange_and_fractions():
    assert hg.arange(5, 0, -2).tolist() == [5, 3, 1]
    assert hg.arange(0.0, 1.0, 0.25).tolist() == [0.0, 0.25, 0.5, 0.75]
    assert hg.arange(3).dtype == hg.int64 and hg.arange(3.0).dtype == hg.float32
    assert hg.linspace(0, 1, 1).tolist() == [0.0]
    assert hg.linspace(0, 1, 4)[1].item() == pytest.approx(1 / 3)
