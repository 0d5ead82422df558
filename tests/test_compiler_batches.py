"""Functions compiled for a number of rows that is known at run time only, row by row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import holograd as hg
import holograd.nn.functional as F
from compiler_bounds import bounds
from compiler_cases import GARBAGE, LEVELS, assert_close
from holograd import nn
from holograd.compiler import Compiled, compile
from holograd.compiler.index import Unbatchable
from holograd.compiler.memory_access import HEADER
from holograd.compiler.predictor import Predictor
from holograd.compiler.trainer import Trainer

generator = np.random.default_rng(13)


def drawn(*shape: int) -> Any:
    return hg.tensor(generator.uniform(-1, 1, shape).astype(np.float32))


def floats(*shape: int) -> Callable[[int], np.ndarray]:
    """An argument of so many rows of a shape."""
    return lambda rows: generator.uniform(-1, 1, (rows, *shape)).astype(np.float32)


def doubles(*shape: int) -> Callable[[int], np.ndarray]:
    return lambda rows: generator.uniform(-1, 1, (rows, *shape))


def classes(count: int, *shape: int) -> Callable[[int], np.ndarray]:
    return lambda rows: generator.integers(0, count, (rows, *shape))


def shares(*shape: int) -> Callable[[int], np.ndarray]:
    return lambda rows: generator.uniform(0.1, 0.9, (rows, *shape)).astype(np.float32)


WEIGHT, BIAS, SQUARE = drawn(3, 5), drawn(3), drawn(5, 5)
KERNELS, KERNEL_BIAS = drawn(4, 2, 3, 3), drawn(4)
TABLE_OF_ROWS = drawn(7, 3)


def trained(function: Callable[..., Any], parameters: list[Any]) -> Callable[..., list[Any]]:
    """The value of a function of a batch and its gradients by parameters, and by the batch."""

    def step(*given: Any) -> list[Any]:
        def loss(*varied: Any) -> Any:
            own = varied[: len(parameters)]
            return function(*own, varied[-1], *given[1:])

        places = range(len(parameters) + 1)
        value, slopes = hg.value_and_grad(loss, argnums=places)(*parameters, given[0])
        return [value, *slopes]

    return step


def network(model: nn.Module, images: bool = False) -> Callable[..., Any]:
    """The loss of a model with labels, and the gradients by its parameters."""
    parameters = list(model.parameters())

    def step(x: Any, labels: Any) -> list[Any]:
        before = [one.grad for one in parameters]
        for one in parameters:
            one.grad = None
        loss = F.cross_entropy(model(x), labels)
        loss.backward()
        slopes = [one.grad for one in parameters]
        for one, kept in zip(parameters, before, strict=True):
            one.grad = kept
        return [loss.detach(), *slopes]

    return step


def convolved(x: Any, **named: Any) -> Any:
    return F.conv2d(x, KERNELS, KERNEL_BIAS, **named)


def spread_over(x: Any) -> Any:
    """Batch norm by hand: means and variances over the batch."""
    mean = x.mean(0)
    return (x - mean) / (x.var(0, correction=0) + 1e-3).sqrt()


IMAGE, LINE = floats(2, 6, 6), floats(5)
LENET = nn.Sequential(
    nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(3, 5, 3), nn.Tanh(),
    nn.AvgPool2d(2), nn.Flatten(), nn.Linear(5, 3),
)  # fmt: skip
PERCEPTRON = nn.Sequential(nn.Linear(5, 17), nn.Sigmoid(), nn.Linear(17, 3))

VARYING: dict[str, tuple[Callable[..., Any], list[Callable[[int], np.ndarray]]]] = {
    "linear": (lambda x: F.linear(x, WEIGHT, BIAS), [LINE]),
    "linear gradients": (
        trained(lambda w, b, x: (F.linear(x, w, b) ** 2).mean(), [WEIGHT, BIAS]), [LINE]),
    "linear float64": (lambda x: x @ SQUARE.double() + 1, [doubles(5)]),
    "gram": (lambda x: x.T @ x, [LINE]),
    "elementwise": (lambda x: hg.tanh(x) * 2 + x.exp(), [floats(3, 7)]),
    "two arguments": (lambda x, y: x * y + y.sum(1, keepdim=True), [LINE, LINE]),
    "convolution": (convolved, [IMAGE]),
    "convolution padded": (lambda x: convolved(x, padding=1, stride=2), [IMAGE]),
    "convolution gradients": (
        trained(lambda w, b, x: (F.conv2d(x, w, b, padding=1) ** 2).mean(), [KERNELS, KERNEL_BIAS]),
        [IMAGE]),
    "max pooling": (lambda x: F.max_pool2d(x, 2), [IMAGE]),
    "max pooling gradients": (
        trained(lambda x: (F.max_pool2d(x, 3, stride=2, padding=1) ** 2).sum(), []), [IMAGE]),
    "mean pooling": (lambda x: F.avg_pool2d(x, 3, stride=1), [IMAGE]),
    "mean pooling gradients": (trained(lambda x: (F.avg_pool2d(x, 2) ** 2).sum(), []), [IMAGE]),
    "batch norm": (spread_over, [LINE]),
    "batch norm gradients": (trained(lambda x: (spread_over(x) ** 3).sum(), []), [LINE]),
    "softmax": (lambda x: x.softmax(1), [floats(17)]),
    "log softmax": (lambda x: x.log_softmax(-1), [floats(3)]),
    "softmax over the batch": (lambda x: x.softmax(0), [LINE]),
    "means": (lambda x: [x.mean(), x.mean(0), x.mean(1), x.var(0, correction=0)], [LINE]),
    "sums": (lambda x: [x.sum(), x.sum(0), x.prod(1), x.amax(0), x.amin()], [LINE]),
    "logsumexp": (lambda x: [x.logsumexp(0), x.logsumexp(1)], [LINE]),
    "argmax": (lambda x: [x.argmax(1), x.argmax(0), (x > 0).any(0), (x > -2).all()], [LINE]),
    "accuracy": (
        lambda x, y: (x.argmax(1) == y).float().mean(), [LINE, classes(5)]),
    "flatten": (lambda x: x.flatten(1) * 2, [IMAGE]),
    "rows joined": (lambda x: (x.reshape(-1, 3) * BIAS).sum(1), [floats(2, 3)]),
    "all joined": (lambda x: x.reshape(-1) + 1, [floats(3, 5)]),
    "permuted": (lambda x: x.permute(1, 0, 2) * 1.5, [floats(3, 5)]),
    "slices": (lambda x: x[:, 1:4:2] - x[:, :1], [floats(7)]),
    "joined columns": (lambda x: hg.cat([x, x * 2], 1), [LINE]),
    "stacked": (lambda x: hg.stack([x, -x], 1), [LINE]),
    "columns turned": (lambda x: x.flip(1), [LINE]),
    "running sums": (lambda x: x.cumsum(1), [floats(7)]),
    "sorted columns": (lambda x: x.sort(1).values, [floats(7)]),
    "rows of a table": (lambda i: F.embedding(i, TABLE_OF_ROWS), [classes(7)]),
    "one hot": (lambda i: F.one_hot(i, 5), [classes(5)]),
    "gathered": (lambda x, i: x.gather(1, i), [LINE, classes(5, 2)]),
    "normal numbers": (lambda x: x + hg.ones(1) * x.shape[1], [LINE]),
    "perceptron": (network(PERCEPTRON), [LINE, classes(3)]),
    "small lenet": (network(LENET), [floats(1, 8, 8), classes(3)]),
}  # fmt: skip
for _reduction in ("mean", "sum", "none"):
    for _name, _loss, _given in [
        ("cross entropy", F.cross_entropy, [LINE, classes(5)]),
        ("mse", F.mse_loss, [LINE, LINE]),
        ("l1", F.l1_loss, [LINE, LINE]),
        ("huber", F.huber_loss, [LINE, LINE]),
        ("nll", lambda x, y, reduction: F.nll_loss(x.log_softmax(1), y, reduction=reduction),
         [LINE, classes(5)]),
        ("bce with logits", F.binary_cross_entropy_with_logits, [LINE, shares(5)]),
    ]:  # fmt: skip
        VARYING[f"{_name}, {_reduction}"] = (
            lambda x, y, loss=_loss, reduction=_reduction: loss(x, y, reduction=reduction),
            _given,
        )


def check(made: Compiled, function: Callable[..., Any], given: list[np.ndarray]) -> None:
    """One call gives what NumPy gives, whatever other rows and the memory between hold."""
    version = made.last
    if version is not None:
        executable = version.executable
        executable.memory[HEADER:] = GARBAGE
        executable.program.prepare(executable.memory)
        executable.resident = [None] * len(executable.resident)
    found = made(*given)
    captured = hg.capture(function, *given)
    kept = [tensor.value for tensor, _ in captured.states]
    asked = [np.asarray(one.read(), one.node.dtype) for one in captured.runtimes]
    values = [*given, *kept, *asked]
    room = bounds(captured.graph, values)
    wanted = captured.graph.run(values)
    results = found if isinstance(found, list) else [found]
    for one, other, bound in zip(results, wanted, room, strict=True):
        assert_close(one.numpy(), other, bound, f"{len(given[0])} rows")
    assert made.last is not None
    assert made.last.executable.violations == 0, "an access outside of a buffer"


def check_rows(function: Any, arguments: list[Any], level: str, rows: list[int]) -> Compiled:
    made = compile(function, level=level, checked=True)
    for number in rows:
        check(made, function, [one(number) for one in arguments])
    return made


@pytest.mark.parametrize("name", VARYING)
def test_any_number_of_rows_in_one_version(name):
    """At one level each; 32 rows fill the widest vectors twice."""
    function, arguments = VARYING[name]
    level = LEVELS[-1 - list(VARYING).index(name) % len(LEVELS)]
    made = check_rows(function, arguments, level, [3, 32, 1, 2, 5, 7, 8, 13, 16, 17, 31])
    assert len(made.batched) == 1
    assert own_versions(made) <= {1, 3}, "compiled for a number of rows that needs no version"


def own_versions(made: Compiled) -> set[int]:
    """The numbers of rows that have a version of their own: the first, and perhaps a single row,
    which is special for what broadcasts."""
    return {shapes[0][0][0] for shapes in made.made}


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", VARYING)
def test_any_number_of_rows_at_every_level(name, level):
    function, arguments = VARYING[name]
    made = check_rows(function, arguments, level, [3, 35, *range(1, 35)])
    assert len(made.batched) == 1


OTHERWISE: dict[str, tuple[Callable[..., Any], list[Callable[[int], np.ndarray]]]] = {
    "length in Python": (lambda x: x.sum(0) / (len(x) + 1), [LINE]),
    "rows turned": (lambda x: x.flip(0), [LINE]),
    "running sums of rows": (lambda x: x.cumsum(0), [LINE]),
    "rows not outermost": (lambda x: x.T.reshape(-1), [LINE]),
    "rows sorted": (lambda x: x.sort(0).values, [LINE]),
    "rows joined": (lambda x: hg.cat([x, x], 0), [LINE]),
    "half of the rows": (lambda x: x[: len(x) // 2], [LINE]),
    "all but one row": (lambda x: x[1:], [LINE]),
    "a range": (lambda x: x + hg.arange(len(x)).float().unsqueeze(1), [LINE]),
    "rows by rows": (lambda x: (x @ x.T).softmax(1), [LINE]),
    "other nodes": (lambda x: x * 2 if len(x) > 3 else x.exp(), [LINE]),
    "unbiased variance": (lambda x: x[:].var(0), [LINE]),
    "rows padded": (lambda x: F.pad(x, (0, 0, 1, 2)), [LINE]),
    "outer": (lambda x: (x[:, 0].unsqueeze(1) * x[:, 1]).reshape(-1), [LINE]),
    "the least of rows and 8": (lambda x: x.sum(0) * min(len(x), 8), [LINE]),
    "results exchanged": (lambda x: [x, -x] if len(x) > 3 else [-x, x], [LINE]),
    "the last row": (lambda x: x[-1], [LINE]),
    "every other row": (lambda x: x[::2], [LINE]),
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_what_depends_on_the_number_of_rows_otherwise_is_right_too(name):
    function, arguments = OTHERWISE[name]
    made = compile(function, checked=True)
    for rows in (2, 5, 8, 7, 1, 3, 17, 5):
        check(made, function, [one(rows) for one in arguments])


def test_a_larger_batch_than_any_before_makes_room():
    made = compile(lambda x: x.mean(0), checked=True)
    for rows in (3, 5, 9, 6, 70, 1):
        check(made, lambda x: x.mean(0), [LINE(rows)])
    assert len(made.made) == 1 and len(made.batched) == 1


def test_no_rows_at_all():
    made = compile(lambda x: [x.sum(0), x * 2], checked=True)
    for rows in (3, 5, 0, 2):
        check(made, lambda x: [x.sum(0), x * 2], [LINE(rows)])


def test_arguments_with_other_numbers_of_rows_are_compiled_apart():
    function = lambda x, y: x.sum(0) + y.sum(0)  # noqa: E731
    made = compile(function, checked=True)
    for rows, others in ((3, 4), (5, 4), (5, 5), (7, 2), (7, 7)):
        check(made, function, [LINE(rows), LINE(others)])


HALVES = (lambda x: x - x[: len(x) // 2].sum(0), lambda x: x * min(len(x), 6))


@pytest.mark.parametrize("function", HALVES)
def test_answers_are_not_compiled_for_sizes_that_they_depend_on(function):
    with pytest.raises(Unbatchable):
        Predictor(function, LINE(21), 8)
    answers = Predictor(lambda x: x * 2, LINE(21), 8, checked=True)
    rows = LINE(21)
    np.testing.assert_array_equal(answers(rows), rows * 2)


@pytest.mark.parametrize("function", HALVES)
def test_training_is_not_compiled_for_sizes_that_it_depends_on(function):
    weight = hg.nn.Parameter(hg.ones(5))
    optimizer = hg.optim.SGD([weight], lr=0.1)

    def step(x: Any, y: Any) -> tuple[Any, Any]:
        optimizer.zero_grad()
        output = function(x * weight)
        loss = (output.sum(1) * y).mean()
        loss.backward()
        optimizer.step()
        return loss, output

    targets = floats()(21)
    with pytest.raises(Unbatchable):
        Trainer(step, LINE(21), targets, 8, shuffled=False, generator=hg.Generator(1))


def test_images_lie_with_the_batch_innermost_where_it_fills_a_vector():
    made = compile(convolved, level=LEVELS[-1])
    for rows in (3, 32):
        made(IMAGE(rows))
    assert made.last is not None and made.last.rows == 32
    program = made.last.program
    (node,) = program.graph.outputs
    assert program.buffers[node].strides[0] == 1
