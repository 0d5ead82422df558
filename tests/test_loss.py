"""The losses, against their formulas written out in NumPy, against slopes by differences, and
against PyTorch where it is installed."""

import functools
import math
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import holograd as hg
from conftest import optional_peer
from holograd import nn
from holograd.capture import capture
from holograd.errors import ArgumentError, DtypeError, ShapeError
from holograd.nn import class_loss, functional_loss
from holograd.nn.class_loss import cross_entropy, kl_div, nll_loss
from holograd.nn.functional_loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    hinge_loss,
    huber_loss,
    l1_loss,
    mse_loss,
    smooth_l1_loss,
)

SHAPES = [(4,), (3, 2), (2, 3, 2), (1, 1)]


# --- the formulas, loss by loss ---


def naive_sigmoid(x):
    return 1 / (1 + np.exp(-x))


def naive_log_softmax(x, dim):
    return np.log(np.exp(x) / np.exp(x).sum(dim, keepdims=True))


class Case(NamedTuple):
    """A loss of one output and one target each, its formula, and where these are drawn from."""

    loss: Callable[..., Any]
    formula: Callable[..., Any]
    output: Callable[..., np.ndarray]
    target: Callable[..., np.ndarray]
    named: dict[str, Any] = {}  # noqa: RUF012


def normal(generator, shape):
    return generator.normal(0, 2, shape)


def probability(generator, shape):
    return generator.uniform(0.02, 0.98, shape)


def yes_or_no(generator, shape):
    return generator.integers(0, 2, shape).astype(float)


def minus_or_plus(generator, shape):
    return 2.0 * generator.integers(0, 2, shape) - 1


POINTWISE = {
    "mse": Case(mse_loss, lambda x, t: (x - t) ** 2, normal, normal),
    "l1": Case(l1_loss, lambda x, t: np.abs(x - t), normal, normal),
    "huber": Case(
        huber_loss,
        lambda x, t: np.where(
            np.abs(x - t) <= 1.5, (x - t) ** 2 / 2, 1.5 * np.abs(x - t) - 1.5**2 / 2
        ),
        normal, normal, {"delta": 1.5},
    ),
    "smooth_l1": Case(
        smooth_l1_loss,
        lambda x, t: np.where(np.abs(x - t) < 0.7, (x - t) ** 2 / 1.4, np.abs(x - t) - 0.35),
        normal, normal, {"beta": 0.7},
    ),
    "bce": Case(
        binary_cross_entropy, lambda p, t: -(t * np.log(p) + (1 - t) * np.log(1 - p)),
        probability, probability,
    ),
    "bce_with_logits": Case(
        binary_cross_entropy_with_logits,
        lambda x, t: -(t * np.log(naive_sigmoid(x)) + (1 - t) * np.log(1 - naive_sigmoid(x))),
        normal, yes_or_no,
    ),
    "kl_div": Case(kl_div, lambda x, t: t * (np.log(t) - x), normal, probability),
    "kl_div of logarithms": Case(
        kl_div, lambda x, t: np.exp(t) * (t - x), normal, normal, {"log_target": True}
    ),
    "hinge": Case(hinge_loss, lambda x, t: np.maximum(0, 1 - t * x), normal, minus_or_plus),
}  # fmt: skip
ALL_POINTWISE = pytest.mark.parametrize("case", POINTWISE.values(), ids=POINTWISE.keys())


def drawn(case: Case, shape: tuple[int, ...], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return case.output(generator, shape), case.target(generator, shape)


def value_of(tensor: Any) -> np.ndarray:
    return np.asarray(tensor.detach())


def loss_of(function: Callable[..., Any], output: np.ndarray, *more: Any, **named: Any) -> Any:
    """The loss of arrays, with its value as an array."""
    return value_of(function(hg.tensor(output), *map(hg.tensor, more), **named))


def slope(function: Callable[..., Any], output: np.ndarray) -> np.ndarray:
    """The gradient of a loss by the output, from the library."""
    x = hg.tensor(output, requires_grad=True)
    function(x).backward()
    assert x.grad is not None
    return value_of(x.grad)


def slope_by_differences(function: Callable[..., Any], output: np.ndarray) -> np.ndarray:
    """The same by central differences in float64."""
    found, step = np.zeros_like(output), 1e-6
    for place in np.ndindex(output.shape):
        moved = np.zeros_like(output)
        moved[place] = step
        rise = function(hg.tensor(output + moved)) - function(hg.tensor(output - moved))
        found[place] = float(rise) / (2 * step)
    return found


@ALL_POINTWISE
@pytest.mark.parametrize("shape", SHAPES)
def test_formula_and_reductions(case: Case, shape):
    output, target = drawn(case, shape)
    expected = case.formula(output, target)
    run = functools.partial(loss_of, case.loss, output, target, **case.named)
    np.testing.assert_allclose(run(reduction="none"), expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(run(reduction="sum"), expected.sum(), rtol=1e-12)
    np.testing.assert_allclose(run(), expected.mean(), rtol=1e-12)
    single = case.loss(hg.tensor(output.astype("f4")), hg.tensor(target.astype("f4")), **case.named)
    assert single.dtype == np.float32
    np.testing.assert_allclose(value_of(single), expected.mean(), rtol=2e-5)


@ALL_POINTWISE
@pytest.mark.parametrize("shape", SHAPES)
def test_sample_weights(case: Case, shape):
    output, target = drawn(case, shape)
    weight = np.random.default_rng(1).uniform(0, 2, shape[0])
    factors = weight.reshape(-1, *[1] * (len(shape) - 1))
    weighted = case.formula(output, target) * factors
    run = functools.partial(loss_of, case.loss, output, target, sample_weight=weight, **case.named)
    np.testing.assert_allclose(run(reduction="none"), weighted, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(run(reduction="sum"), weighted.sum(), rtol=1e-12)
    mean = weighted.sum() / np.broadcast_to(factors, shape).sum()
    np.testing.assert_allclose(run(), mean, rtol=1e-12)


@ALL_POINTWISE
def test_a_sample_of_weight_2_counts_as_two(case: Case):
    output, target = drawn(case, (3, 2))
    twice = [0, 1, 1, 2]
    np.testing.assert_allclose(
        loss_of(case.loss, output, target, sample_weight=np.array([1.0, 2.0, 1.0]), **case.named),
        loss_of(case.loss, output[twice], target[twice], **case.named),
        rtol=1e-12,
    )


@ALL_POINTWISE
def test_gradient(case: Case):
    output, target = drawn(case, (3, 2), seed=3)
    for named in ({}, {"reduction": "sum"}, {"sample_weight": np.array([0.5, 2.0, 1.0])}):
        loss = lambda x, named=named: case.loss(x, hg.tensor(target), **case.named, **named)  # noqa: E731
        np.testing.assert_allclose(
            slope(loss, output), slope_by_differences(loss, output), rtol=1e-5, atol=1e-7
        )


@ALL_POINTWISE
def test_second_gradient(case: Case):
    output, target = drawn(case, (4,), seed=4)
    slopes = hg.grad(lambda x: case.loss(x, hg.tensor(target), **case.named))
    weights = hg.tensor(np.array([1.0, -2.0, 0.5, 3.0]))
    combined = lambda x: (slopes(x) * weights).sum()  # noqa: E731
    found = value_of(hg.grad(combined)(hg.tensor(output)))
    np.testing.assert_allclose(found, slope_by_differences(combined, output), rtol=1e-4, atol=1e-6)


def test_gradients_where_pieces_meet():
    """PyTorch's choice: 0 where an output hits its target, and where a margin is exactly 1."""
    zero = np.zeros(1)
    for loss in (l1_loss, mse_loss, huber_loss, smooth_l1_loss):
        assert slope(lambda x, loss=loss: loss(x, hg.tensor(zero)), zero) == 0
    assert slope(lambda x: hinge_loss(x, hg.tensor([1.0])), np.ones(1)) == 0
    assert slope(lambda x: huber_loss(x, hg.tensor(zero), delta=2.0), np.full(1, 2.0)) == 2
    assert slope(lambda x: smooth_l1_loss(x, hg.tensor(zero), beta=0.0), np.full(1, -3.0)) == -1


def test_huber_is_delta_times_smooth_l1():
    output, target = drawn(POINTWISE["huber"], (50,))
    np.testing.assert_allclose(
        loss_of(huber_loss, output, target, delta=2.5),
        2.5 * loss_of(smooth_l1_loss, output, target, beta=2.5),
        rtol=1e-12,
    )


def test_batchmean_is_the_divergence_of_a_sample():
    generator = np.random.default_rng(0)
    logits, target = generator.normal(size=(5, 3)), generator.dirichlet([1, 1, 1], 5)
    logarithms = naive_log_softmax(logits, 1)
    by_sample = (target * (np.log(target) - logarithms)).sum(1)
    run = functools.partial(loss_of, kl_div, logarithms, target, reduction="batchmean")
    np.testing.assert_allclose(run(), by_sample.mean(), rtol=1e-12)
    weight = generator.uniform(0, 2, 5)
    np.testing.assert_allclose(
        run(sample_weight=weight), (weight * by_sample).sum() / weight.sum(), rtol=1e-12
    )
    assert loss_of(kl_div, np.log(target), target, reduction="batchmean") == pytest.approx(
        0, abs=1e-15
    )


def test_kl_div_of_a_target_of_zero():
    logarithms = np.log([[0.25, 0.75]])
    target = np.array([[0.0, 1.0]])
    found = loss_of(kl_div, logarithms, target, reduction="none")
    np.testing.assert_allclose(found, [[0, -math.log(0.75)]], rtol=1e-12)
    assert np.isfinite(slope(lambda x: kl_div(x, hg.tensor(target)), logarithms)).all()


# --- two classes ---


def test_bce_cuts_logarithms_off_at_minus_100():
    outputs, targets = np.array([0.0, 1, 0, 1], "f4"), np.array([1.0, 0, 0, 1], "f4")
    found = loss_of(binary_cross_entropy, outputs, targets, reduction="none")
    np.testing.assert_array_equal(found, [100, 100, 0, 0])
    tiny = np.array([1e-30, np.nextafter(np.float32(1), np.float32(0))], "f4")
    found = loss_of(binary_cross_entropy, tiny, np.array([1, 0], "f4"), reduction="none")
    np.testing.assert_allclose(found, -np.log([float(tiny[0]), 1 - float(tiny[1])]), rtol=1e-6)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_bce_of_a_saturated_sigmoid_has_finite_slopes(dtype):
    logits = np.array([-1e4, -800, -110, -100, -95, -88, -80, -30, 30, 80, 110, 1e4], dtype)
    for target in (0.0, 1.0):
        wanted = hg.tensor(np.full(logits.shape, target, dtype))
        found = slope(
            lambda x, t=wanted: binary_cross_entropy(hg.sigmoid(x), t, reduction="sum"), logits
        )
        assert np.isfinite(found).all()
        inside = np.abs(logits) <= 30
        expected = naive_sigmoid(logits[inside].astype("f8")) - target
        # σ rounds to 1 in float32 from 17 on: what is left of 1 − p is lost there.
        np.testing.assert_allclose(found[inside], expected, atol=1 if dtype == "f4" else 1e-3)
        assert (found * (1 - 2 * target) >= 0).all()  # never away from the target


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_bce_with_logits_is_exact_for_any_logit(dtype):
    logits = np.array([-1e4, -100, -30, -5, 0, 5, 30, 100, 1e4], dtype)
    softplus = np.array(
        [np.maximum(x, 0) + math.log1p(math.exp(-abs(x))) for x in logits.astype("f8")]
    )
    softplus_of_minus = softplus - logits.astype("f8")
    softplus_of_minus[logits > 0] = [math.log1p(math.exp(-x)) for x in logits[logits > 0]]
    tolerance = 1e-6 if dtype == "f4" else 1e-14
    for target, expected in ((0.0, softplus), (1.0, softplus_of_minus)):
        wanted = np.full(logits.shape, target, dtype)
        found = loss_of(binary_cross_entropy_with_logits, logits, wanted, reduction="none")
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=1e-44)
        slopes = slope(
            lambda x, t=wanted: binary_cross_entropy_with_logits(x, hg.tensor(t), reduction="sum"),
            logits,
        )
        with np.errstate(over="ignore"):
            exact = (
                -1 / (1 + np.exp(logits.astype("f8")))
                if target
                else naive_sigmoid(logits.astype("f8"))
            )
        np.testing.assert_allclose(slopes, exact, rtol=tolerance, atol=1e-44)


def test_bce_with_logits_is_bce_of_the_sigmoid():
    output, target = drawn(POINTWISE["bce_with_logits"], (20,))
    np.testing.assert_allclose(
        loss_of(binary_cross_entropy_with_logits, output, target),
        value_of(binary_cross_entropy(hg.sigmoid(hg.tensor(output)), hg.tensor(target))),
        rtol=1e-12,
    )


def test_bce_weights():
    generator = np.random.default_rng(0)
    logits, target = generator.normal(size=(4, 3)), generator.integers(0, 2, (4, 3))
    weight, positive = generator.uniform(0, 2, (4, 3)), generator.uniform(0, 3, 3)
    p = naive_sigmoid(logits)
    plain = -(target * np.log(p) + (1 - target) * np.log(1 - p))
    rare = -(positive * target * np.log(p) + (1 - target) * np.log(1 - p))
    # `weight` is a factor: the mean still divides by the number of losses, as in PyTorch.
    np.testing.assert_allclose(
        loss_of(binary_cross_entropy, p, target, weight=weight), (weight * plain).mean(), rtol=1e-12
    )
    np.testing.assert_allclose(
        loss_of(
            binary_cross_entropy_with_logits, logits, target, weight=weight[0], pos_weight=positive
        ),
        (weight[0] * rare).mean(), rtol=1e-12,
    )  # fmt: skip


def test_targets_may_be_labels_of_any_kind():
    p = hg.tensor([0.25, 0.5])
    for kind in ("bool", "uint8", "int64", "float64"):
        target = hg.tensor(np.array([1, 0], kind))
        assert float(binary_cross_entropy(p, target)) == pytest.approx(
            (math.log(4) + math.log(2)) / 2
        )
    assert float(hinge_loss(p, hg.tensor([1, -1]))) == pytest.approx((0.75 + 1.5) / 2)


# --- several classes ---

LABELLED = [((4, 3), (4,)), ((3,), ()), ((2, 3, 4), (2, 4)), ((2, 3, 2, 2), (2, 2, 2))]


def class_first(array: np.ndarray) -> np.ndarray:
    """(N, C, d1, …) as rows (everything else, C); a vector (C,) as one row."""
    return array[None] if array.ndim == 1 else np.moveaxis(array, 1, -1).reshape(-1, array.shape[1])


def by_hand(logits, labels, weight, ignore_index, smoothing):
    """The losses and shares of the mean, label by label in a loop."""
    rows = class_first(naive_log_softmax(logits, 0 if logits.ndim == 1 else 1))
    losses, shares = [], []
    for row, label in zip(rows, labels.reshape(-1), strict=True):
        if label == ignore_index:
            losses.append(0.0)
            shares.append(0.0)
            continue
        hard = -weight[label] * row[label]
        even = -(weight * row).mean()
        losses.append((1 - smoothing) * hard + smoothing * even)
        shares.append(weight[label])
    return np.array(losses).reshape(labels.shape), np.array(shares).reshape(labels.shape)


@pytest.mark.parametrize(("shape", "labels_shape"), LABELLED)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ignoring", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_cross_entropy_of_labels(shape, labels_shape, weighted, ignoring, smoothing):
    generator = np.random.default_rng(0)
    logits, labels = generator.normal(size=shape), generator.integers(0, 3, labels_shape)
    ignore_index = -100
    if ignoring and labels.ndim:
        ignore_index = int(labels.flat[0])
    weight = generator.uniform(0.5, 2, 3) if weighted else np.ones(3)
    named: dict[str, Any] = {"ignore_index": ignore_index, "label_smoothing": smoothing}
    if weighted:
        named["weight"] = weight
    losses, shares = by_hand(logits, labels, weight, ignore_index, smoothing)
    run = functools.partial(loss_of, cross_entropy, logits, labels, **named)
    np.testing.assert_allclose(run(reduction="none"), losses, rtol=1e-12)
    np.testing.assert_allclose(run(reduction="sum"), losses.sum(), rtol=1e-12)
    np.testing.assert_allclose(run(), losses.sum() / shares.sum(), rtol=1e-12)
    loss = lambda x: cross_entropy(x, hg.tensor(labels), **named)  # noqa: E731
    np.testing.assert_allclose(
        slope(loss, logits), slope_by_differences(loss, logits), rtol=1e-5, atol=1e-8
    )
    if labels.ndim:
        sample = generator.uniform(0, 2, shape[0])
        factors = sample.reshape(-1, *[1] * (labels.ndim - 1))
        mean = (factors * losses).sum() / (factors * shares).sum()
        np.testing.assert_allclose(run(sample_weight=sample), mean, rtol=1e-12)
    if not smoothing:
        del named["label_smoothing"]
        logarithms = naive_log_softmax(logits, 0 if logits.ndim == 1 else 1)
        np.testing.assert_allclose(
            loss_of(nll_loss, logarithms, labels, **named), run(), rtol=1e-12
        )


@pytest.mark.parametrize("shape", [shape for shape, _ in LABELLED])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_cross_entropy_of_probabilities(shape, smoothing):
    generator = np.random.default_rng(0)
    dim = 0 if len(shape) == 1 else 1
    logits, target = generator.normal(size=shape), generator.uniform(size=shape)
    target /= target.sum(dim, keepdims=True)
    weight = generator.uniform(0.5, 2, 3)
    smooth = (1 - smoothing) * target + smoothing / 3
    along = weight.reshape(-1, *[1] * (len(shape) - 1 - dim))
    losses = -(smooth * along * naive_log_softmax(logits, dim)).sum(dim)
    named: dict[str, Any] = {"weight": weight, "label_smoothing": smoothing}
    run = functools.partial(loss_of, cross_entropy, logits, target, **named)
    np.testing.assert_allclose(run(reduction="none"), losses, rtol=1e-12)
    np.testing.assert_allclose(run(), losses.mean(), rtol=1e-12)
    loss = lambda x: cross_entropy(x, hg.tensor(target), **named)  # noqa: E731
    np.testing.assert_allclose(
        slope(loss, logits), slope_by_differences(loss, logits), rtol=1e-5, atol=1e-8
    )


def test_labels_are_certain_probabilities():
    generator = np.random.default_rng(0)
    logits, labels = generator.normal(size=(5, 4)), generator.integers(0, 4, 5)
    for smoothing in (0.0, 0.1):
        np.testing.assert_allclose(
            loss_of(cross_entropy, logits, labels, label_smoothing=smoothing),
            loss_of(cross_entropy, logits, np.eye(4)[labels], label_smoothing=smoothing),
            rtol=1e-12,
        )


def test_the_gradient_of_cross_entropy_is_softmax_minus_target():
    generator = np.random.default_rng(0)
    logits, labels = generator.normal(size=(5, 4)), generator.integers(0, 4, 5)
    found = slope(lambda x: cross_entropy(x, hg.tensor(labels), reduction="sum"), logits)
    softmax = np.exp(naive_log_softmax(logits, 1))
    np.testing.assert_allclose(found, softmax - np.eye(4)[labels], rtol=1e-12, atol=1e-15)


def test_extreme_logits():
    logits = np.array([[1e4, -1e4], [1e4, -1e4], [-1e4, 1e4]], "f4")
    labels = np.array([0, 1, 1])
    found = loss_of(cross_entropy, logits, labels, reduction="none")
    np.testing.assert_array_equal(found, [0, 2e4, 0])
    slopes = slope(lambda x: cross_entropy(x, hg.tensor(labels), reduction="sum"), logits)
    np.testing.assert_array_equal(slopes, [[0, 0], [1, -1], [0, 0]])
    smoothed = loss_of(cross_entropy, logits, labels, reduction="none", label_smoothing=0.5)
    np.testing.assert_allclose(smoothed, [5e3, 1.5e4, 5e3])


def test_a_batch_of_ignored_labels_alone_is_nan():
    labels = np.array([-100, -100])
    assert np.isnan(loss_of(cross_entropy, np.zeros((2, 3)), labels))
    assert loss_of(cross_entropy, np.zeros((2, 3)), labels, reduction="sum") == 0


def test_labels_of_small_integers_keep_the_default_ignore_index():
    logits = np.zeros((2, 3))
    for kind in ("uint8", "int8", "int32"):
        assert loss_of(cross_entropy, logits, np.array([0, 2], kind)) == pytest.approx(math.log(3))


# --- modules ---

WEIGHT = np.array([1.0, 2.0, 0.5])
OF_MODULES: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "MSELoss": (nn.MSELoss, mse_loss, {}),
    "L1Loss": (nn.L1Loss, l1_loss, {}),
    "HuberLoss": (nn.HuberLoss, huber_loss, {"delta": 0.3}),
    "SmoothL1Loss": (nn.SmoothL1Loss, smooth_l1_loss, {"beta": 0.3}),
    "BCELoss": (nn.BCELoss, binary_cross_entropy, {"weight": WEIGHT}),
    "BCEWithLogitsLoss": (
        nn.BCEWithLogitsLoss, binary_cross_entropy_with_logits,
        {"weight": WEIGHT, "pos_weight": WEIGHT + 1},
    ),
    "CrossEntropyLoss": (
        nn.CrossEntropyLoss, cross_entropy, {"weight": WEIGHT, "label_smoothing": 0.1}
    ),
    "NLLLoss": (nn.NLLLoss, nll_loss, {"weight": WEIGHT, "ignore_index": 1}),
    "KLDivLoss": (nn.KLDivLoss, kl_div, {"log_target": True}),
    "HingeLoss": (nn.HingeLoss, hinge_loss, {}),
}  # fmt: skip


@pytest.mark.parametrize(("module", "loss", "named"), OF_MODULES.values(), ids=OF_MODULES.keys())
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_modules_are_their_functions(module, loss, named, reduction):
    generator = np.random.default_rng(0)
    output = hg.tensor(generator.uniform(0, 1, (4, 3)))
    if loss in (cross_entropy, nll_loss):
        target = hg.tensor(generator.integers(0, 3, 4))
    else:
        target = hg.tensor(
            minus_or_plus(generator, (4, 3)) if loss is hinge_loss else np.eye(4)[:, 1:]
        )
    for more in ({}, {"sample_weight": np.arange(4.0)}):
        expected = value_of(loss(output, target, reduction=reduction, **named, **more))
        found = module(reduction=reduction, **named)(output, target, **more)
        assert value_of(found).tobytes() == expected.tobytes()
        assert value_of(module(**named)(output, target)).shape == ()


@pytest.mark.parametrize(("module", "loss", "named"), OF_MODULES.values(), ids=OF_MODULES.keys())
def test_weights_of_modules_are_buffers(module, loss, named):
    one = module(**named)
    assert not list(one.parameters())
    state = one.state_dict()
    assert sorted(state) == sorted(name for name in named if "weight" in name)
    for name, tensor in state.items():
        np.testing.assert_array_equal(tensor.value, named[name])


@pytest.mark.parametrize("module", [row[0] for row in OF_MODULES.values()])
def test_modules_refuse_unknown_reductions(module):
    with pytest.raises(ArgumentError, match=module.__name__):
        module(reduction="average")


def test_errors_say_in_which_module_they_happened():
    with pytest.raises(ShapeError, match="MSELoss"):
        nn.MSELoss()(hg.zeros(3, 1), hg.zeros(3))


def test_every_loss_has_a_module():
    assert {row[1].__name__ for row in OF_MODULES.values()} == {row[1].__name__ for row in LOSSES}


# --- captured ---

LOSSES: list[tuple[str, Any, np.ndarray, np.ndarray, dict[str, Any]]] = [
    ("kl_div batchmean", kl_div, *drawn(POINTWISE["kl_div"], (5, 3)), {"reduction": "batchmean"})
]
for _name, _case in POINTWISE.items():
    for _more in (
        {"reduction": "mean"},
        {"reduction": "sum"},
        {"reduction": "none"},
        {"sample_weight": np.arange(5.0)},
    ):
        _title = f"{_name} {_more.get('reduction', 'weighted')}"
        LOSSES.append((_title, _case.loss, *drawn(_case, (5, 3)), {**_more, **_case.named}))
for _shape, _labels_shape in LABELLED:
    _generator = np.random.default_rng(7)
    _logits, _labels = _generator.normal(size=_shape), _generator.integers(0, 3, _labels_shape)
    for _name, _named in {
        "": {}, " sum": {"reduction": "sum"}, " none": {"reduction": "none"},
        " weighted": {"weight": np.array([1.0, 2.0, 0.5])}, " smoothed": {"label_smoothing": 0.1},
        " ignoring": {"ignore_index": 1},
    }.items():  # fmt: skip
        LOSSES.append((f"cross_entropy{_name} {_shape}", cross_entropy, _logits, _labels, _named))
    LOSSES.append((f"nll_loss {_shape}", nll_loss, _logits, _labels, {}))
    LOSSES.append(
        (f"cross_entropy of shares {_shape}", cross_entropy, _logits, np.abs(_logits), {})
    )


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(
    ("loss", "output", "target", "named"),
    [row[1:] for row in LOSSES],
    ids=[row[0] for row in LOSSES],
)
def test_captured_equals_eager_bit_for_bit(loss, output, target, named, dtype):
    def step(x, t):
        value, gradient = hg.value_and_grad(lambda x: loss(x, t, **named).sum())(x)
        return loss(x, t, **named), value, gradient

    given = [hg.tensor(output.astype(dtype))]
    given.append(hg.tensor(target.astype(dtype) if target.dtype.kind == "f" else target))
    for one, other in zip(step(*given), capture(step, *given).run(*given), strict=True):
        assert value_of(one).tobytes() == other.tobytes()
        assert one.dtype == other.dtype


def test_captured_step_takes_labels_that_were_not_known():
    """Also ones to ignore, of which the capture saw none."""
    logits = hg.tensor(np.random.default_rng(0).normal(size=(4, 3)).astype("f4"))
    captured = capture(cross_entropy, logits, hg.tensor([0, 0, 0, 0]))
    for labels in ([0, 1, 2, 1], [0, -100, 2, 1]):
        expected = value_of(cross_entropy(logits, hg.tensor(labels)))
        assert captured.run(logits, np.array(labels))[0].tobytes() == expected.tobytes()


def test_nodes_carry_the_loss_as_their_scope():
    x = hg.tensor([1.0, 2.0], requires_grad=True)
    loss = mse_loss(x, hg.tensor([0.0, 0.0]))
    names = []
    node = loss.node
    while node.operation is not None:
        names.append(node.operation.name)
        assert repr(node.scope) == "mse_loss"
        node = node.inputs[0]
    assert names == ["mean", "square", "sub"]


# --- errors ---

BOTH_WAYS = "target.unsqueeze(1) or output.squeeze(1)"


@pytest.mark.parametrize("loss", [one.loss for one in POINTWISE.values()])
def test_a_row_against_a_column_is_an_error(loss):
    column, row = hg.full((3, 1), 0.5), hg.full((3,), 0.5)
    with pytest.raises(ShapeError) as caught:
        loss(column, row)
    message = str(caught.value)
    assert loss.__name__ in message and "(3, 1)" in message and "(3,)" in message
    assert BOTH_WAYS in message
    with pytest.raises(ShapeError, match=r"target\.squeeze\(1\) or output\.unsqueeze\(1\)"):
        loss(row, column)
    with pytest.raises(ShapeError, match="output's shape"):
        loss(row, hg.full((4,), 0.5))


X = np.zeros((4, 3))
MISUSE = {
    "an output of integers": (
        lambda: mse_loss(hg.tensor([1, 2]), hg.tensor([1, 2])), DtypeError, r"output\.float\(\)",
    ),
    "class labels given to mse_loss": (
        lambda: mse_loss(hg.tensor(X), hg.tensor([0, 1, 2, 0])), ShapeError, "cross_entropy",
    ),
    "unknown reduction": (
        lambda: l1_loss(hg.tensor(X), hg.tensor(X), reduction="average"), ArgumentError,
        "'mean', 'sum', 'none'",
    ),
    "batchmean elsewhere": (
        lambda: l1_loss(hg.tensor(X), hg.tensor(X), reduction="batchmean"), ArgumentError, "'mean'",
    ),
    "batchmean of one number": (
        lambda: kl_div(hg.tensor(-1.0), hg.tensor(0.5), reduction="batchmean"), ShapeError, "'sum'",
    ),
    "delta": (
        lambda: huber_loss(hg.tensor(X), hg.tensor(X), delta=0.0), ArgumentError, "positive",
    ),
    "beta": (
        lambda: smooth_l1_loss(hg.tensor(X), hg.tensor(X), beta=-1.0),
        ArgumentError, "0 or a positive",
    ),
    "sample weights": (
        lambda: mse_loss(hg.tensor(X), hg.tensor(X), sample_weight=np.ones(3)),
        ShapeError, r"\(4,\)",
    ),
    "weights that broadcast": (
        lambda: binary_cross_entropy(hg.tensor([0.5]), hg.tensor([1.0]), np.ones((2, 1))),
        ShapeError, "each loss has one weight",
    ),
    "an output above 1": (
        lambda: binary_cross_entropy(hg.tensor([[0.5], [1.5]]), hg.tensor([[0.0], [1.0]])),
        ArgumentError, "output 1.5 in row 1, place 0.*binary_cross_entropy_with_logits",
    ),
    "a target of -1": (
        lambda: binary_cross_entropy_with_logits(hg.tensor([0.5]), hg.tensor([-1.0])),
        ArgumentError, r"target -1 in row 0.*\(target \+ 1\) / 2",
    ),
    "hinge targets of 0 and 1": (
        lambda: hinge_loss(hg.tensor([0.5, 1.0]), hg.tensor([1.0, 0.0])), ArgumentError,
        r"target 0\.0 in row 1.*2\.0 \* target - 1\.0",
    ),
    "hinge targets of truth values": (
        lambda: hinge_loss(hg.tensor([0.5]), hg.tensor([True])), ArgumentError, "True in row 0",
    ),
    "a label of C": (
        lambda: cross_entropy(hg.tensor(X), hg.tensor([0, 3, 1, 2])), ArgumentError,
        "label 3 in row 1.*3 classes, with labels 0 to 2.*4 outputs",
    ),
    "labels from 1": (
        lambda: cross_entropy(hg.tensor(X), hg.tensor([1, 3, 1, 2])), ArgumentError, "target - 1",
    ),
    "a negative label": (
        lambda: nll_loss(hg.tensor(X), hg.tensor([0, 1, 2, -1])), ArgumentError,
        "label -1 in row 3.*ignore_index",
    ),
    "a label inside an image": (
        lambda: cross_entropy(hg.zeros(1, 2, 2), hg.tensor([[0, 9]])),
        ArgumentError, "row 0, place 1",
    ),
    "labels as floats": (
        lambda: cross_entropy(hg.tensor(X), hg.tensor([0.0, 1.0, 2.0, 0.0])), DtypeError,
        r"target\.long\(\)",
    ),
    "labels as a column": (
        lambda: cross_entropy(hg.tensor(X), hg.tensor([[0], [1], [2], [0]])), ShapeError,
        r"target\.squeeze\(1\)",
    ),
    "one-hot labels of integers": (
        lambda: cross_entropy(hg.tensor(X), hg.one_hot(hg.tensor([0, 1, 2, 0]))), DtypeError,
        r"target\.float\(\).*target\.argmax\(1\)",
    ),
    "another number of labels": (
        lambda: cross_entropy(hg.tensor(X), hg.tensor([0, 1])), ShapeError,
        r"\(4, 3\) takes labels of shape \(4,\), or probabilities of shape \(4, 3\).*\(2,\)",
    ),
    "one class": (
        lambda: cross_entropy(hg.zeros(4, 1), hg.zeros(4, 1)), ShapeError,
        "binary_cross_entropy_with_logits",
    ),
    "class weights": (
        lambda: cross_entropy(hg.tensor(X), hg.tensor([0, 1, 2, 0]), np.ones(4)),
        ShapeError, r"\(3,\)",
    ),
    "label smoothing": (
        lambda: cross_entropy(hg.tensor(X), hg.tensor([0, 1, 2, 0]), label_smoothing=2.0),
        ArgumentError, "from 0 to 1",
    ),
    "weights of the yes": (
        lambda: binary_cross_entropy_with_logits(
            hg.ones(4, 3), hg.ones(4, 3), pos_weight=hg.ones(4)
        ),
        ShapeError, r"pos_weight of shape \(4,\) for losses of shape \(4, 3\)",
    ),
    "weights of more dimensions": (
        lambda: binary_cross_entropy(hg.full((3,), 0.5), hg.ones(3), hg.ones(1, 3)),
        ShapeError, r"a weight of shape \(1, 3\)",
    ),
    "a logit alone": (
        lambda: cross_entropy(hg.tensor(1.0), hg.tensor(0)), ShapeError, r"\(N, C\)",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("misuse", "kind", "words"), MISUSE.values(), ids=MISUSE.keys())
def test_misuse(misuse, kind, words):
    with pytest.raises(kind, match=words):
        misuse()


def test_nan_is_passed_on_and_not_refused():
    """The training loop follows it to where it began."""
    nan = hg.tensor([math.nan, 0.5])
    assert math.isnan(float(binary_cross_entropy(nan, hg.tensor([1.0, 0.0]))))
    assert math.isnan(float(cross_entropy(hg.reshape(nan, (1, 2)), hg.tensor([0]))))


# --- PyTorch ---


@pytest.mark.peer
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(
    ("loss", "output", "target", "named"),
    [row[1:] for row in LOSSES if "sample_weight" not in row[4] and row[1] is not hinge_loss],
    ids=[row[0] for row in LOSSES if "sample_weight" not in row[4] and row[1] is not hinge_loss],
)
def test_equals_pytorch(loss, output, target, named, dtype):
    torch = optional_peer("torch")
    as_kind = lambda array: array.astype(dtype) if array.dtype.kind == "f" else array  # noqa: E731
    theirs = {
        key: torch.tensor(as_kind(one)) if isinstance(one, np.ndarray) else one
        for key, one in named.items()
    }
    output, target = as_kind(output), as_kind(target)
    x = torch.tensor(output, requires_grad=True)
    with warnings.catch_warnings():  # of kl_div's mean
        warnings.simplefilter("ignore")
        their_loss = getattr(torch.nn.functional, loss.__name__)(x, torch.tensor(target), **theirs)
    their_loss.sum().backward()
    relative, absolute = (1e-5, 1e-6) if dtype == "f4" else (1e-12, 1e-13)
    np.testing.assert_allclose(
        loss_of(loss, output, target, **named), their_loss.detach().numpy(), relative, absolute
    )
    assert x.grad is not None
    found = slope(lambda x: loss(x, hg.tensor(target), **named).sum(), output)
    np.testing.assert_allclose(found, x.grad.numpy(), relative, absolute)


@pytest.mark.peer
def test_extreme_outputs_equal_pytorchs():
    torch = optional_peer("torch")
    logits = np.array([[1e4, -1e4, 0], [-1e4, 100, 88], [50, 0, -50]], "f4")
    p, labels = np.array([0.0, 1, 1e-30, 0.5], "f4"), np.array([1, 0, 2])
    for yes in (0.0, 1.0):
        for loss, output in ((binary_cross_entropy_with_logits, logits), (binary_cross_entropy, p)):
            target = np.full_like(output, yes)
            their = getattr(torch.nn.functional, loss.__name__)(
                torch.tensor(output), torch.tensor(target), reduction="none"
            )
            found = loss_of(loss, output, target, reduction="none")
            np.testing.assert_allclose(found, their.numpy(), rtol=1e-6, atol=1e-9)
    their = torch.nn.functional.cross_entropy(
        torch.tensor(logits), torch.tensor(labels), reduction="none", label_smoothing=0.1
    )
    found = loss_of(cross_entropy, logits, labels, reduction="none", label_smoothing=0.1)
    np.testing.assert_allclose(found, their.numpy(), rtol=1e-6)


@pytest.mark.peer
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_gradients_of_certain_outputs_equal_pytorchs(dtype):
    torch = optional_peer("torch")
    output = np.array([0, 1, 0, 1, 0.25, 1e-10, 0.5, 1 - 2**-20], dtype)
    target = np.array([1, 0, 0, 1, 1, 0.25, 1, 0], dtype)
    x = torch.tensor(output, requires_grad=True)
    torch.nn.functional.binary_cross_entropy(x, torch.tensor(target)).backward()
    found = slope(lambda x: binary_cross_entropy(x, hg.tensor(target)), output)
    np.testing.assert_allclose(found, x.grad.numpy(), rtol=1e-5 if dtype == "f4" else 1e-8)
    assert found[0] < -1e11 and found[1] > 1e11 and found[2] == found[3] == 0


def test_second_derivatives_of_certain_outputs():
    """They are those of the gradient (p − t) / max(p (1 − p), 10⁻¹²)."""
    target = hg.tensor([1.0, 1.0, 0.0], hg.float64)
    output = hg.tensor([0.0, 1.0, 0.5], hg.float64)
    found = hg.hessian(lambda x: binary_cross_entropy(x, target, reduction="sum"))(output)
    np.testing.assert_allclose(found.numpy(), np.diag([1e12, 1e12, 4.0]), rtol=1e-12)


def test_every_loss_stands_in_a_table_of_this_file():
    tested = {row[1].__name__ for row in LOSSES}
    for module in (functional_loss, class_loss):
        own = {
            name for name, one in vars(module).items()
            if callable(one) and one.__module__ == module.__name__ and not name.startswith("_")
        }  # fmt: skip
        assert own <= tested
