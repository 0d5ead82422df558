"""What every operation computes, said a second time: plain Python, one number after the other.

`REFERENCES` maps a record's name to a function (*arrays, **parameters) → nested lists or an array,
written with the `math` module and explicit loops, so that it shares nothing with the meaning in
NumPy that it judges.
"""

import itertools
import math

import numpy as np

from holograd.ops.pattern import Window
from test_philox import philox_in_plain_python


def shape_together(*shapes):
    """The shape that `shapes` broadcast to."""
    result = []
    for back in range(1, max(map(len, shapes), default=0) + 1):
        extents = {shape[-back] for shape in shapes if len(shape) >= back} - {1}
        assert len(extents) <= 1
        result.append(extents.pop() if extents else 1)
    return tuple(reversed(result))


def at(array, place):
    """The number that a place of the broadcast shape reads."""
    own = place[len(place) - array.ndim :]
    return array[tuple(i if n > 1 else 0 for i, n in zip(own, array.shape, strict=True))].item()


def pointwise(function):
    """A reference for an operation that works number by number."""

    def reference(*arrays):
        shape = shape_together(*(array.shape for array in arrays))
        places = list(np.ndindex(*shape))
        results = [function(*(at(array, place) for array in arrays)) for place in places]
        return np.array(results, type(results[0]) if results else float).reshape(shape)

    return reference


def over(function):
    """A reference for a reduction, from a function of the list of numbers that meet."""

    def reference(a, dims, keepdim):
        groups = {}
        kept = [range(1) if dim in dims else range(n) for dim, n in enumerate(a.shape)]
        for place in itertools.product(*kept):
            groups[place] = []
        for place in np.ndindex(*a.shape):
            target = tuple(0 if dim in dims else i for dim, i in enumerate(place))
            groups[target].append(a[place].item())
        shape = tuple(
            1 if dim in dims else n
            for dim, n in enumerate(a.shape)
            if keepdim or dim not in dims
        )  # fmt: skip
        return np.array([function(group) for group in groups.values()]).reshape(shape)

    return reference


def along(function, reduces=False):
    """A reference for an operation along one dimension, from a function of a list of numbers."""

    def reference(a, dim, **parameters):
        moved = np.moveaxis(a, dim, -1)
        rows = [
            function(moved[place].tolist(), **parameters) for place in np.ndindex(moved.shape[:-1])
        ]
        if reduces:
            return np.array(rows).reshape(moved.shape[:-1])
        return np.moveaxis(np.array(rows).reshape(moved.shape), -1, dim)

    return reference


def product(numbers):
    result = 1.0
    for number in numbers:
        result = result * number
    return result


def running(join):
    return lambda row: [join(row[: place + 1]) for place in range(len(row))]


def first_place(best):
    return lambda row: next(place for place, number in enumerate(row) if number == best(row))


def softmax(row):
    total = math.fsum(math.exp(number) for number in row)
    return [math.exp(number) / total for number in row]


def argsort(row, descending):
    return sorted(range(len(row)), key=lambda place: -row[place] if descending else row[place])


def permute(a, dims):
    result = np.empty([a.shape[dim] for dim in dims])
    for place in np.ndindex(*result.shape):
        source = [0] * a.ndim
        for to, dim in enumerate(dims):
            source[dim] = place[to]
        result[place] = a[tuple(source)]
    return result


def reshape(a, shape):
    result = np.empty(shape)
    numbers = iter([a[place] for place in np.ndindex(*a.shape)])
    for place in np.ndindex(*shape):
        result[place] = next(numbers)
    return result


def expand(a, shape):
    result = np.empty(shape)
    for place in np.ndindex(*shape):
        result[place] = at(a, place)
    return result


def flip(a, dims):
    result = np.empty(a.shape)
    for place in np.ndindex(*a.shape):
        result[tuple(a.shape[d] - 1 - i if d in dims else i for d, i in enumerate(place))] = a[
            place
        ]
    return result


def pad(a, edges, value):
    shape = [
        before + after + n + between * max(n - 1, 0)
        for n, (before, after, between) in zip(a.shape, edges, strict=True)
    ]
    result = np.full(shape, value)
    for place in np.ndindex(*a.shape):
        target = [e[0] + i * (e[2] + 1) for i, e in zip(place, edges, strict=True)]
        result[tuple(target)] = a[place]
    return result


def slice_(a, bounds):
    picked = [range(*bound) for bound in bounds]
    result = np.empty([len(one) for one in picked])
    for place in np.ndindex(*result.shape):
        result[place] = a[tuple(one[i] for one, i in zip(picked, place, strict=True))]
    return result


def cat(*arrays, dim):
    shape = list(arrays[0].shape)
    shape[dim] = sum(array.shape[dim] for array in arrays)
    result = np.empty(shape)
    start = 0
    for array in arrays:
        for place in np.ndindex(*array.shape):
            result[(*place[:dim], start + place[dim], *place[dim + 1 :])] = array[place]
        start += array.shape[dim]
    return result


def take(a, index):
    rows = [a[int(number)] for number in index.reshape(-1)]
    return np.array(rows).reshape(*index.shape, *a.shape[1:])


def accumulate(index, rows, count):
    result = np.zeros((count, *rows.shape[index.ndim :]))
    for place in np.ndindex(*index.shape):
        result[index[place]] += rows[place]
    return result


def gather(a, index, dim):
    result = np.empty(index.shape)
    for place in np.ndindex(*index.shape):
        result[place] = a[(*place[:dim], index[place], *place[dim + 1 :])]
    return result


def scatter_add(a, index, source, dim):
    result = a.copy()
    for place in np.ndindex(*index.shape):
        result[(*place[:dim], index[place], *place[dim + 1 :])] += source[place]
    return result


def contract(a, b, pattern):
    """out += a · b over all values of all labels; places outside of a window count as zero."""
    extents = dict(pattern.extents)
    for axes, array in ((pattern.a, a), (pattern.b, b)):
        for axis, extent in zip(axes, array.shape, strict=True):
            if not isinstance(axis, Window):
                extents[axis] = extent
    shape = [axis.size if isinstance(axis, Window) else extents[axis] for axis in pattern.out]
    result = np.zeros(shape)

    def place(axes, values, array):
        found = []
        for axis, extent in zip(axes, array.shape, strict=True):
            here = values[axis] if not isinstance(axis, Window) else (
                values[axis.outer] * axis.stride + values[axis.inner] * axis.dilation + axis.offset
            )  # fmt: skip
            if not 0 <= here < extent:
                return None
            found.append(here)
        return tuple(found)

    for numbers in itertools.product(*(range(extent) for extent in extents.values())):
        values = dict(zip(extents, numbers, strict=True))
        places = [place(pattern.a, values, a), place(pattern.b, values, b)]
        target = place(pattern.out, values, result)
        if None not in [*places, target]:
            result[target] += a[places[0]] * b[places[1]]
    return result


def window_places(steps, counts):
    """For each window and each place in it: the two, and where in the image that is."""
    sizes = [size for size, _, _ in steps]
    for window in np.ndindex(*counts):
        for inner in np.ndindex(*sizes):
            yield window, inner, tuple(
                w * stride + i * dilation
                for w, i, (_, stride, dilation) in zip(window, inner, steps, strict=True)
            )  # fmt: skip


def windows(a, steps):
    images = a.shape[a.ndim - len(steps) :]
    counts = [
        (extent - dilation * (size - 1) - 1) // stride + 1
        for extent, (size, stride, dilation) in zip(images, steps, strict=True)
    ]
    result = np.empty((*a.shape[: a.ndim - len(steps)], *counts, *(size for size, _, _ in steps)))
    for window, inner, image in window_places(steps, counts):
        result[(..., *window, *inner)] = a[(..., *image)]
    return result


def overlap_add(b, steps, extents):
    counts = b.shape[b.ndim - 2 * len(steps) : b.ndim - len(steps)]
    result = np.zeros((*b.shape[: b.ndim - 2 * len(steps)], *extents))
    for window, inner, image in window_places(steps, counts):
        result[(..., *image)] += b[(..., *window, *inner)]
    return result


def random_words(key, count):
    """The first words of a stream, by the published definition of Philox4x32-10."""
    seed, stream = int(key[0]), int(key[1])
    words = []
    for number in range(-(-count // 4)):
        counter = (number, 0, stream, 0)
        words += philox_in_plain_python(counter, (seed, 0))
    return words[:count]


def uniform(key, shape, dtype):
    count = math.prod(shape)
    if dtype == np.float32:
        return np.array([(w >> 8) / 2**24 for w in random_words(key, count)]).reshape(shape)
    words = random_words(key, 2 * count)
    pairs = zip(words[0::2], words[1::2], strict=True)
    return np.array([((a >> 5) * 2**26 + (b >> 6)) / 2**53 for a, b in pairs]).reshape(shape)


def normal(key, shape, dtype):
    pairs = uniform(key, (math.prod(shape), 2), np.float64).tolist()
    numbers = [math.sqrt(-2 * math.log(1 - u)) * math.cos(2 * math.pi * v) for u, v in pairs]
    return np.array(numbers).reshape(shape)


def integers(key, shape, low, high):
    words = random_words(key, math.prod(shape))
    return np.array([low + word * (high - low) // 2**32 for word in words]).reshape(shape)


def permutation(key, count):
    words = random_words(key, count)
    return sorted(range(count), key=words.__getitem__)


REFERENCES = {
    # number by number
    "add": pointwise(lambda a, b: a + b),
    "sub": pointwise(lambda a, b: a - b),
    "mul": pointwise(lambda a, b: a * b),
    "div": pointwise(lambda a, b: a / b),
    "floor_divide": pointwise(lambda a, b: float(math.floor(a / b))),
    "remainder": pointwise(lambda a, b: a - b * math.floor(a / b)),
    "neg": pointwise(lambda a: 0 - a),
    "reciprocal": pointwise(lambda a: 1 / a),
    "square": pointwise(lambda a: a * a),
    "pow": pointwise(lambda a, b: math.exp(b * math.log(a))),
    "abs": pointwise(lambda a: a if a >= 0 else -a),
    "sign": pointwise(lambda a: float((a > 0) - (a < 0))),
    "floor": pointwise(lambda a: float(math.floor(a))),
    "ceil": pointwise(lambda a: float(math.ceil(a))),
    "round": pointwise(lambda a: float(round(a))),
    "exp": pointwise(math.exp),
    "log": pointwise(math.log),
    "log1p": pointwise(math.log1p),
    "expm1": pointwise(math.expm1),
    "sqrt": pointwise(math.sqrt),
    "rsqrt": pointwise(lambda a: 1 / math.sqrt(a)),
    "sin": pointwise(math.sin),
    "cos": pointwise(math.cos),
    "tan": pointwise(math.tan),
    "asin": pointwise(math.asin),
    "acos": pointwise(math.acos),
    "atan": pointwise(math.atan),
    "sinh": pointwise(math.sinh),
    "cosh": pointwise(math.cosh),
    "tanh": pointwise(math.tanh),
    "sigmoid": pointwise(lambda a: 1 / (1 + math.exp(-a))),
    "relu": pointwise(lambda a: a if a > 0 else 0.0),
    "log_sigmoid": pointwise(lambda a: -math.log1p(math.exp(-a))),
    "erf": pointwise(math.erf),
    "maximum": pointwise(lambda a, b: a if a > b else b),
    "minimum": pointwise(lambda a, b: a if a < b else b),
    "where": pointwise(lambda a, b, c: b if a else c),
    "eq": pointwise(lambda a, b: a == b),
    "ne": pointwise(lambda a, b: a < b or a > b),
    "lt": pointwise(lambda a, b: a < b),
    "le": pointwise(lambda a, b: not a > b),
    "gt": pointwise(lambda a, b: a > b),
    "ge": pointwise(lambda a, b: not a < b),
    "logical_and": pointwise(lambda a, b: a and b),
    "logical_or": pointwise(lambda a, b: a or b),
    "logical_xor": pointwise(lambda a, b: a != b),
    "logical_not": pointwise(lambda a: not a),
    "isnan": pointwise(math.isnan),
    "isinf": pointwise(math.isinf),
    "isfinite": pointwise(math.isfinite),
    "cast": lambda a, dtype: pointwise(float)(a),
    "truncate": lambda a, dtype: pointwise(bool if dtype.kind == "b" else int)(a),
    "identity": pointwise(lambda a: a),
    # reductions
    "sum": over(math.fsum),
    "count": lambda a, dims: float(math.prod(a.shape[dim] for dim in dims)),
    "mean": over(lambda group: math.fsum(group) / len(group)),
    "amax": over(lambda group: sorted(group)[-1]),
    "amin": over(lambda group: sorted(group)[0]),
    "prod": over(product),
    "any": over(lambda group: any(number != 0 for number in group)),
    "all": over(lambda group: all(number != 0 for number in group)),
    "logsumexp": over(lambda group: math.log(math.fsum(math.exp(number) for number in group))),
    # along a dimension
    "cumsum": along(running(math.fsum)),
    "cumprod": along(running(product)),
    "softmax": along(softmax),
    "log_softmax": along(lambda row: [math.log(share) for share in softmax(row)]),
    "argmax": along(first_place(max), reduces=True),
    "argmin": along(first_place(min), reduces=True),
    "argsort": along(argsort),
    # movement
    "reshape": reshape,
    "permute": permute,
    "expand": expand,
    "flip": flip,
    "pad": pad,
    "slice": slice_,
    "cat": cat,
    # positions
    "take": take,
    "accumulate": accumulate,
    "gather": gather,
    "scatter_add": scatter_add,
    # products and windows
    "contract": contract,
    "windows": windows,
    "overlap_add": overlap_add,
    # random numbers
    "uniform": uniform,
    "normal": normal,
    "integers": integers,
    "permutation": permutation,
}
