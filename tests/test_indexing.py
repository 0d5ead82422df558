"""`x[…]` against NumPy for random keys, where NumPy and PyTorch mean the same; and its gradient."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import holograd as hg
from holograd.check import check_gradient
from holograd.errors import ArgumentError, DtypeError, ShapeError

EXAMPLES = settings(max_examples=max(100, settings().max_examples))
SHAPES = arrays.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4)


@st.composite
def basic_keys(draw, shape):
    """Integers, slices with a positive step, None and an ellipsis."""
    key = draw(arrays.basic_indices(shape, allow_newaxis=True, max_dims=6))
    parts = key if isinstance(key, tuple) else (key,)
    return tuple(
        slice(one.start, one.stop, abs(one.step) if one.step else None)
        if isinstance(one, slice)
        else one
        for one in parts
    )


@st.composite
def advanced_keys(draw, shape):
    """Index arrays, masks, slices and None. Integers beside arrays are left out: NumPy takes them
    for arrays when it decides where the picked dimensions go, PyTorch does not."""
    picked = draw(arrays.array_shapes(min_dims=1, max_dims=2, min_side=1, max_side=3))
    key: list = []
    dim = 0
    while dim < len(shape):
        kind = draw(st.sampled_from(["array", "slice", "whole", "mask", "None"]))
        if kind == "None":
            key.append(None)
            continue
        if kind == "array" and shape[dim]:
            own = draw(st.sampled_from([picked, picked[-1:], (1,)]))
            numbers = arrays.arrays(
                np.int64, own, elements=st.integers(-shape[dim], shape[dim] - 1)
            )
            key.append(draw(numbers))
        elif kind == "mask" and not any(isinstance(one, np.ndarray) for one in key):
            extents = shape[dim : dim + draw(st.integers(1, len(shape) - dim))]
            key.append(draw(arrays.arrays(np.bool_, extents)))
            dim += len(extents)
            if np.count_nonzero(key[-1]) != 1:  # whose places another array could not join
                picked = (1,)
            continue
        elif kind == "slice":
            bound = st.none() | st.integers(-5, 5)
            key.append(slice(draw(bound), draw(bound), draw(st.none() | st.integers(1, 3))))
        else:
            key.append(slice(None))
        dim += 1
    return tuple(key)


def with_key(keys):
    return SHAPES.flatmap(lambda shape: st.tuples(st.just(shape), keys(shape)))


def check_equals_numpy(shape, key, given_key):
    array = np.arange(float(np.prod(shape))).reshape(shape)
    try:
        wanted = array[key]
    except IndexError:
        with pytest.raises(ShapeError):
            _ = hg.tensor(array)[given_key]
        return
    x = hg.tensor(array, requires_grad=True)
    found = x[given_key]
    assert found.shape == wanted.shape
    np.testing.assert_array_equal(found.detach(), wanted)
    weights = np.linspace(0.5, 1.5, wanted.size).reshape(wanted.shape)
    (found * weights).sum().backward()
    gradient = np.zeros(array.size)
    np.add.at(gradient, np.asarray(wanted).astype(int).ravel(), weights.ravel())
    assert x.grad is not None
    np.testing.assert_allclose(x.grad, gradient.reshape(shape), rtol=1e-12)


@EXAMPLES
@given(with_key(basic_keys))
def test_basic_keys_equal_numpy(case):
    shape, key = case
    check_equals_numpy(shape, key, key)


@EXAMPLES
@given(with_key(advanced_keys))
def test_index_arrays_and_masks_equal_numpy(case):
    shape, key = case
    check_equals_numpy(shape, key, key)
    tensors = tuple(hg.tensor(one) if isinstance(one, np.ndarray) else one for one in key)
    check_equals_numpy(shape, key, tensors)


@EXAMPLES
@given(with_key(advanced_keys))
def test_captured_keys_equal_eager(case):
    shape, key = case
    array = np.arange(float(np.prod(shape))).reshape(shape)
    try:
        wanted = hg.tensor(array)[key]
    except ShapeError:
        return
    (found,) = hg.capture(lambda x: x[key], array).run(array)
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(
    "key",
    [
        1, (slice(None), 2), (None, ..., 0), ([0, 2, 2], [1, 1, 0]), (slice(0, 3, 2), [0, 0]),
        np.arange(12).reshape(3, 4) % 2 == 0, ([-1, 0],), (..., [1, 1]),
    ],
    ids=str,
)  # fmt: skip
def test_gradients_to_second_order(key):
    assert check_gradient(lambda x: x[key] * x.sum(), hg.randn(3, 4)).ok


def test_integers_pick_before_arrays_do():
    """As PyTorch does, unlike NumPy: the picked dimension keeps its place behind the slice."""
    x = hg.zeros(2, 3, 4)
    assert x[0, :, [1, 2]].shape == (3, 2)
    assert x[[0, 1], :, [1, 2]].shape == (2, 3)
    assert x[hg.tensor(1)].shape == (3, 4)


def test_an_index_tensor_of_no_dimensions_is_an_integer():
    x = hg.arange(8).reshape(2, 2, 2)
    for place in (0, -1):
        for key in (place, hg.tensor(place), np.array(place)):
            assert x[key, :, [0, 1]].tolist() == x[place, :, [0, 1]].tolist()
            assert x[:, key, 1:].tolist() == x[:, place, 1:].tolist()
            assert x[..., key].tolist() == x[..., place].tolist()
            assert x[[0, 1], None, [1, 0], key].tolist() == x[[0, 1], None, [1, 0], place].tolist()
        step = hg.capture(lambda x, key: x[key, :, [0, 1]], x, hg.tensor(1))
        assert step.run(x, hg.tensor(place))[0].tolist() == x[place, :, [0, 1]].tolist()
    assert x[hg.tensor(0), :, [0, 1]].tolist() == [[0, 1], [2, 3]]
    with pytest.raises(ShapeError, match="indexing dim 2 got index 2: the dimension has places"):
        _ = x[hg.tensor(0), 0, hg.tensor(2)]
    y = hg.randn(2, 3, 4, generator=hg.Generator(0))
    assert check_gradient(lambda y: y[hg.tensor(1), :, hg.tensor(-1)] * y.sum(), y).ok


def test_indices_of_every_integer_dtype():
    x = hg.tensor([10.0, 20.0, 30.0])
    for dtype in (hg.int8, hg.int16, hg.int32, hg.int64):
        assert x[hg.tensor([2, -1, 0], dtype=dtype)].tolist() == [30.0, 30.0, 10.0]
    assert x[np.int32(1)].item() == 20.0 and x[hg.tensor([])].shape == (0,)


def test_captured_index_tensors():
    captured = hg.capture(lambda x, i: x[i], hg.zeros(3), hg.tensor([0, 0]))
    assert captured.run(np.array([1, 2, 3], np.float32), np.array([-1, 1]))[0].tolist() == [3, 2]


@pytest.mark.parametrize(
    ("key", "kind", "words"),
    [
        (5, ShapeError, "index 5 is outside of dim 0, of extent 3"),
        (-4, IndexError, "index -4 is outside of dim 0"),
        ((0, 0, 0), ShapeError, r"3 indices for a tensor of shape \(3, 4\)"),
        ((..., ...), ShapeError, "indices for a tensor"),
        ([0, 3], IndexError, r"index 3: the dimension has places -3 to 2"),
        (slice(None, None, -1), ArgumentError, r"negative step. Write x\.flip\(dim\)"),
        (np.array([True, False]), ShapeError, r"mask of shape \(2,\) does not fit.*\(3,\)"),
        (True, ArgumentError, "single truth value"),
        (1.0, ArgumentError, "array of float64. Use integers"),
        (hg.tensor([0.5]), ArgumentError, "array of float32. Use integers"),
        (([0, 1], [0, 1, 2]), ShapeError, r"\(2,\), \(3,\)\] do not broadcast"),
    ],
    ids=str,
)
def test_misuse_is_told(key, kind, words):
    with pytest.raises(kind, match=words):
        _ = hg.zeros(3, 4)[key]


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda x: x.gather(1, hg.tensor([[4]])), IndexError, "gather got index 4.*0 to 3"),
        (lambda x: x.gather(1, hg.tensor([[-1]])), IndexError, "gather got index -1"),
        (lambda x: x.gather(1, hg.tensor([0])), ShapeError, r"indices of shape \(1,\)"),
        (lambda x: x.gather(0, hg.tensor([[0.0]])), DtypeError, r"float32.*\.long\(\)"),
        (lambda x: x.index_select(0, [3]), IndexError, "index_select got index 3"),
        (lambda x: x.scatter_add(0, hg.tensor([[5]]), x), IndexError, "scatter_add got index 5"),
        (lambda x: x.scatter_add(0, hg.tensor([[0, 0]]), hg.ones(1, 1)), ShapeError, "source"),
        (lambda x: hg.one_hot(hg.tensor([3]), 3), IndexError, "one_hot got index 3.*0 to 2"),
        (lambda x: hg.one_hot(hg.tensor([-1]), 3), IndexError, "one_hot got index -1"),
        (lambda x: hg.one_hot(hg.tensor([1.0])), DtypeError, "one_hot takes integers"),
        (lambda x: hg.embedding(hg.tensor([3]), x), IndexError, "embedding got index 3"),
    ],
)
def test_positions_out_of_range_are_told(call, kind, words):
    with pytest.raises(kind, match=words):
        call(hg.zeros(3, 4))
