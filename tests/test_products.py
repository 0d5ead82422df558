"""Products, convolutions and poolings with random options against their formulas, loop by loop."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import holograd as hg
from holograd.check import check_gradient

NUMBERS = np.random.default_rng(8)
SMALL = st.integers(1, 3)


def real(*shape):
    return NUMBERS.uniform(-2, 2, shape)


def convolved(x, weight, bias, stride, padding, dilation, groups):
    """y[n, o, h, w] = b[o] + Σ x[n, c, s·h + d·i − p, s·w + d·j − p] · weight[o, c, i, j]."""
    outputs, width = weight.shape[0] // groups, weight.shape[1]
    spans = [dilation[k] * (weight.shape[2 + k] - 1) + 1 for k in range(2)]
    extents = [(x.shape[2 + k] + 2 * padding[k] - spans[k]) // stride[k] + 1 for k in range(2)]
    y = np.zeros((x.shape[0], weight.shape[0], *extents))
    for n, o, h, w in np.ndindex(*y.shape):
        total = bias[o]
        for c, i, j in np.ndindex(*weight.shape[1:]):
            row = stride[0] * h + dilation[0] * i - padding[0]
            column = stride[1] * w + dilation[1] * j - padding[1]
            if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                total += x[n, o // outputs * width + c, row, column] * weight[o, c, i, j]
        y[n, o, h, w] = total
    return y


pairs = st.tuples(SMALL, SMALL)


@given(
    sizes=st.tuples(st.integers(0, 2), SMALL, SMALL, st.integers(3, 6), st.integers(3, 6)),
    kernel=pairs, stride=pairs, dilation=pairs, groups=st.integers(1, 3),
    padding=st.tuples(st.integers(0, 2), st.integers(0, 2)),
)  # fmt: skip
def test_conv2d_is_its_formula(sizes, kernel, stride, padding, dilation, groups):
    batch, width, outputs, height, breadth = sizes
    for k, extent in enumerate((height, breadth)):
        assume(dilation[k] * (kernel[k] - 1) < extent + 2 * padding[k])
    x = real(batch, groups * width, height, breadth)
    weight, bias = real(groups * outputs, width, *kernel), real(groups * outputs)
    options = (stride, padding, dilation, groups)
    found = hg.conv2d(*map(hg.tensor, (x, weight, bias)), *options)
    np.testing.assert_allclose(found, convolved(x, weight, bias, *options), atol=1e-12)
    if batch:
        report = check_gradient(
            lambda x, weight, bias: hg.conv2d(x, weight, bias, *options),
            [x, weight, bias], directions=1,
        )  # fmt: skip
        assert report.ok, str(report)


@pytest.mark.parametrize("extent", [4, 5])
@pytest.mark.parametrize("kernel", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
def test_padding_same_keeps_the_extent(extent, kernel, dilation):
    x, weight = real(1, 1, extent), real(1, 1, kernel)
    found = hg.conv1d(hg.tensor(x), hg.tensor(weight), padding="same", dilation=dilation)
    missing = dilation * (kernel - 1)
    padded = np.pad(x, [(0, 0), (0, 0), (missing // 2, missing - missing // 2)])
    wanted = [
        sum(padded[0, 0, at + dilation * i] * weight[0, 0, i] for i in range(kernel))
        for at in range(extent)
    ]
    np.testing.assert_allclose(found.numpy()[0, 0], wanted)


@given(
    extent=st.integers(2, 7), kernel=SMALL, stride=SMALL, dilation=SMALL,
    padding=st.integers(0, 1), maximum=st.booleans(),
)  # fmt: skip
def test_pooling_is_its_formula(extent, kernel, stride, dilation, padding, maximum):
    dilation = dilation if maximum else 1
    padding = min(padding, kernel // 2)
    count = (extent + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
    assume(count > 0)
    x = real(1, 2, extent, extent)
    if maximum:
        found = hg.max_pool2d(hg.tensor(x), kernel, stride, padding, dilation)
    else:
        found = hg.avg_pool2d(hg.tensor(x), kernel, stride, padding)
    wanted = np.empty((1, 2, count, count))
    for n, c, h, w in np.ndindex(*wanted.shape):
        numbers = []
        for i, j in itertools.product(range(kernel), repeat=2):
            row, column = h * stride + i * dilation - padding, w * stride + j * dilation - padding
            inside = 0 <= row < extent and 0 <= column < extent
            numbers.append(x[n, c, row, column] if inside else -math.inf if maximum else 0.0)
        wanted[n, c, h, w] = max(numbers) if maximum else sum(numbers) / kernel**2
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


@st.composite
def equations(draw):
    """One to three operands with up to three labels each, and an output made of some of them."""
    letters = st.text(alphabet="ijkB", min_size=0, max_size=3)
    terms = draw(st.lists(letters, min_size=1, max_size=3))
    known = sorted(set("".join(terms)))
    output = draw(st.lists(st.sampled_from(known), unique=True)) if known else []
    arrow = draw(st.booleans())
    return terms, "->" + "".join(output) if arrow else ""


@given(equations(), st.booleans())
def test_einsum_equals_numpy(equation, dots):
    terms, output = equation
    if dots:
        terms = [term + "..." for term in terms]
        output = output + "..." if output else ""
    extents = {"i": 2, "j": 3, "k": 1, "B": 2}
    operands = [
        real(*(extents[label] for label in term.replace("...", "")), *((2,) if dots else ()))
        for term in terms
    ]
    text = ",".join(terms) + output
    found = hg.einsum(text, *map(hg.tensor, operands))
    np.testing.assert_allclose(found, np.einsum(text, *operands), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [("ij,jk->ki", [(2, 3), (3, 2)]), ("bi,bi->b", [(3, 2), (3, 2)]), ("ii->i", [(3, 3)]),
     ("i,j,k->", [(2,), (3,), (2,)]), ("...i,i->...", [(2, 2, 3), (3,)])],
)  # fmt: skip
def test_einsum_gradients(equation, shapes):
    operands = [real(*shape) for shape in shapes]
    assert check_gradient(lambda *given: hg.einsum(equation, *given), operands).ok


@given(st.lists(SMALL, max_size=2), st.lists(SMALL, max_size=2), SMALL, SMALL, SMALL)
def test_matmul_broadcasts_batches_as_numpy_does(front, other_front, rows, inner, columns):
    a, b = real(*front, rows, inner), real(*other_front, inner, columns)
    try:
        wanted = a @ b
    except ValueError:
        with pytest.raises(ValueError, match="matmul cannot multiply"):
            _ = hg.tensor(a) @ hg.tensor(b)
        return
    np.testing.assert_allclose(hg.tensor(a) @ hg.tensor(b), wanted, rtol=1e-12, atol=1e-13)
    assert check_gradient(hg.matmul, [a, b], directions=1).ok
