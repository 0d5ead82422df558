"""Optimizers against their rules written out in NumPy, against PyTorch, and captured."""

import inspect
import json
import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

import holograd as hg
from conftest import optional_peer
from holograd import nn, optim
from holograd.errors import ArgumentError, CaptureError, GradientError, ModelError
from holograd.optim.line_search import Point, strong_wolfe

# Every optimizer with every option, alone and together; LBFGS has tests of its own below.
CASES: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.2}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.5, "maximize": True, "weight_decay": 0.1}),
    ("Adam", {}),
    ("Adam", {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3}),
    ("Adam", {"lr": 0.05, "weight_decay": 0.3}),
    ("Adam", {"lr": 0.05, "amsgrad": True, "betas": (0.5, 0.6)}),
    ("Adam", {"lr": 0.05, "amsgrad": True, "weight_decay": 0.1, "maximize": True}),
    ("Adam", {"lr": 0.05, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.05, "weight_decay": 0.5, "amsgrad": True, "maximize": True}),
    ("AdamW", {"lr": 0.05, "weight_decay": 0.0}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.05, "alpha": 0.7, "eps": 1e-4, "weight_decay": 0.2}),
    ("RMSprop", {"lr": 0.05, "momentum": 0.9}),
    ("RMSprop", {"lr": 0.05, "centered": True, "eps": 1e-3}),
    ("RMSprop", {"lr": 0.05, "centered": True, "momentum": 0.5, "maximize": True, "alpha": 0.5}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.3, "weight_decay": 0.1, "eps": 1e-2}),
    ("Adagrad", {"lr": 0.1, "initial_accumulator_value": 0.5, "maximize": True}),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 0.5, "rho": 0.6, "eps": 1e-3, "weight_decay": 0.1, "maximize": True}),
]
NAMES = [f"{name}-{'-'.join(f'{k}={v}' for k, v in options.items())}" for name, options in CASES]
every_case = pytest.mark.parametrize(("name", "options"), CASES, ids=NAMES)

SHAPES = [(2, 3), (3,), ()]

# Operators and most methods come from the table of operations, where a type checker does not look.
tensor: Any = hg.tensor
ones: Any = hg.ones


def full_options(name: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options of a case with the defaults of the signature."""
    signature = inspect.signature(getattr(optim, name)).parameters
    defaults = {key: one.default for key, one in signature.items() if key != "params"}
    return {"decoupled_weight_decay": name == "AdamW", **defaults, **options}


def starts(seed: int = 0, dtype: Any = np.float64) -> list[np.ndarray]:
    generator = np.random.default_rng(seed)
    return [generator.normal(size=shape).astype(dtype) for shape in SHAPES]


def gradients(steps: int, seed: int = 1) -> list[list[np.ndarray]]:
    """The gradients of each step; some numbers are exactly zero."""
    generator = np.random.default_rng(seed)
    return [
        [generator.normal(size=shape) * (generator.uniform(size=shape) > 0.1) for shape in SHAPES]
        for _ in range(steps)
    ]


def parameters(arrays: list[np.ndarray]) -> list[Any]:
    return [tensor(one, requires_grad=True) for one in arrays]


# --- the documented rules, for one parameter: (θ, gradients) → θ after each ---


def by_sgd(w, gs, lr, momentum, dampening, weight_decay, nesterov, maximize, **_) -> Iterator:
    velocity = None
    for given in gs:
        g = (-given if maximize else given) + weight_decay * w
        velocity = g if velocity is None else momentum * velocity + (1 - dampening) * g
        w = w - lr * (g + momentum * velocity if nesterov else velocity if momentum else g)
        yield w


def by_adam(
    w, gs, lr, betas, eps, weight_decay, amsgrad, maximize, decoupled_weight_decay
) -> Iterator:
    m = v = greatest = 0.0
    for t, given in enumerate(gs, 1):
        g = -given if maximize else given
        g = g + (0.0 if decoupled_weight_decay else weight_decay * w)
        w = w - (lr * weight_decay * w if decoupled_weight_decay else 0.0)
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        greatest = np.maximum(greatest, v)
        m_hat = m / (1 - betas[0] ** t)
        v_hat = (greatest if amsgrad else v) / (1 - betas[1] ** t)
        w = w - lr * m_hat / (np.sqrt(v_hat) + eps)
        yield w


def by_rmsprop(w, gs, lr, alpha, eps, weight_decay, momentum, centered, maximize, **_) -> Iterator:
    v = a = b = 0.0
    for given in gs:
        g = (-given if maximize else given) + weight_decay * w
        v = alpha * v + (1 - alpha) * g**2
        a = alpha * a + (1 - alpha) * g
        b = momentum * b + g / (np.sqrt(v - a**2 if centered else v) + eps)
        w = w - lr * b
        yield w


def by_adagrad(
    w, gs, lr, lr_decay, weight_decay, initial_accumulator_value, eps, maximize, **_
) -> Iterator:
    s = initial_accumulator_value
    for t, given in enumerate(gs, 1):
        g = (-given if maximize else given) + weight_decay * w
        s = s + g**2
        w = w - lr / (1 + (t - 1) * lr_decay) * g / (np.sqrt(s) + eps)
        yield w


def by_adadelta(w, gs, lr, rho, eps, weight_decay, maximize, **_) -> Iterator:
    v = u = 0.0
    for given in gs:
        g = (-given if maximize else given) + weight_decay * w
        v = rho * v + (1 - rho) * g**2
        d = np.sqrt(u + eps) / np.sqrt(v + eps) * g
        u = rho * u + (1 - rho) * d**2
        w = w - lr * d
        yield w


RULES: dict[str, Callable[..., Iterator]] = {
    "SGD": by_sgd, "Adam": by_adam, "AdamW": by_adam, "RMSprop": by_rmsprop,
    "Adagrad": by_adagrad, "Adadelta": by_adadelta,
}  # fmt: skip


@every_case
def test_steps_are_those_of_the_rule(name: str, options: dict[str, Any]):
    ours = parameters(starts())
    optimizer = getattr(optim, name)(ours, **options)
    steps = gradients(10)
    rule = partial(RULES[name], **full_options(name, options))
    expected = [
        list(rule(start, [step[place] for step in steps])) for place, start in enumerate(starts())
    ]
    for number, step in enumerate(steps):
        for parameter, gradient in zip(ours, step, strict=True):
            parameter.grad = tensor(gradient)
        assert optimizer.step() is None
        for place, parameter in enumerate(ours):
            np.testing.assert_allclose(
                parameter.tolist(), expected[place][number], rtol=1e-12, atol=1e-14
            )
            assert parameter.requires_grad and parameter.is_leaf


@pytest.mark.peer
@every_case
def test_steps_are_those_of_pytorch(name: str, options: dict[str, Any]):
    torch = optional_peer("torch")
    ours = parameters(starts())
    theirs = [torch.tensor(one, requires_grad=True) for one in starts()]
    own = getattr(optim, name)(ours, **options)
    peer = getattr(torch.optim, name)(theirs, **options)
    for number, step in enumerate(gradients(20)):
        for a, b, gradient in zip(ours, theirs, step, strict=True):
            a.grad, b.grad = tensor(gradient), torch.tensor(gradient)
        if number in (3, 4):  # a parameter without a gradient stays as it is, and so does its state
            ours[1].grad = theirs[1].grad = None
        if number == 10:
            own.param_groups[0]["lr"] = peer.param_groups[0]["lr"] = 0.02
        own.step()
        peer.step()
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a.tolist(), b.tolist(), rtol=1e-11, atol=1e-13)


@pytest.mark.peer
@every_case
def test_state_moves_to_and_from_pytorch(name: str, options: dict[str, Any]):
    torch = optional_peer("torch")
    ours, theirs = parameters(starts()), [torch.tensor(one, requires_grad=True) for one in starts()]
    own = getattr(optim, name)(ours, **options)
    peer = getattr(torch.optim, name)(theirs, **options)
    steps = gradients(8)

    def train(optimizer: Any, tensors: list, make: Callable, some: list) -> list:
        for step in some:
            for one, gradient in zip(tensors, step, strict=True):
                one.grad = make(gradient)
            optimizer.step()
        return [one.tolist() for one in tensors]

    train(own, ours, tensor, steps[:4])
    train(peer, theirs, torch.tensor, steps[:4])
    from_peer = parameters([np.array(one.tolist()) for one in theirs])
    to_ours = getattr(optim, name)(from_peer, lr=9.0)
    to_ours.load_state_dict(peer.state_dict())
    from_ours = [
        torch.tensor(one.tolist(), dtype=torch.float64, requires_grad=True) for one in ours
    ]
    to_peer = getattr(torch.optim, name)(from_ours, lr=9.0)
    saved = own.state_dict()
    for entry in saved["state"].values():
        entry.update({key: torch.tensor(value.value) for key, value in entry.items()})
    to_peer.load_state_dict(saved)
    expected = train(peer, theirs, torch.tensor, steps[4:])
    for got in (
        train(to_ours, from_peer, tensor, steps[4:]),
        train(to_peer, from_ours, torch.tensor, steps[4:]),
    ):
        for a, b in zip(got, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)


@pytest.mark.peer
@pytest.mark.parametrize("name", [*RULES, "LBFGS"])
def test_arguments_are_those_of_pytorch(name: str):
    torch = optional_peer("torch")
    ours = inspect.signature(getattr(optim, name)).parameters
    theirs = inspect.signature(getattr(torch.optim, name)).parameters
    assert {key: one.default for key, one in ours.items()}.items() <= {
        key: one.default for key, one in theirs.items()
    }.items()
    places = [list(theirs).index(key) for key, one in ours.items() if one.kind != one.KEYWORD_ONLY]
    assert places == list(range(len(places)))


# --- capture ---


def network(dtype: Any) -> tuple[list[Any], Callable[[Any], Any]]:
    generator = np.random.default_rng(5)
    w, b = (tensor(generator.normal(size=s), dtype, requires_grad=True) for s in [(3, 2), (2,)])
    scale = tensor(0.7, dtype, requires_grad=True)

    def loss_of(x: Any) -> Any:
        return (((x @ w + b) * scale).tanh() - 0.3).square().mean()

    return [w, b, scale], loss_of


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@every_case
def test_captured_step_is_the_eager_step_bit_for_bit(
    name: str, options: dict[str, Any], dtype: Any
):
    x = np.random.default_rng(6).normal(size=(4, 3)).astype(dtype)

    def trained(captured: bool) -> tuple[list[np.ndarray], list[np.ndarray]]:
        tensors, loss_of = network(dtype)
        optimizer = getattr(optim, name)(tensors, **options)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss = loss_of(x)
            loss.backward()
            optimizer.step()
            return loss

        run = hg.capture(step, x).run if captured else lambda x: [step(tensor(x)).value]
        losses = [run(x)[0]]
        optimizer.param_groups[0]["lr"] *= 3
        losses += [run(x)[0], run(x)[0]]
        state = [one.value for entry in optimizer.state.values() for one in entry.values()]
        return losses + [one.value for one in tensors] + state, losses

    eager, losses = trained(captured=False)
    captured, _ = trained(captured=True)
    assert len(eager) == len(captured)
    for a, b in zip(eager, captured, strict=True):
        assert a.dtype == b.dtype and a.shape == b.shape
        assert a.tobytes() == b.tobytes()
    assert losses[0] != losses[1] != losses[2]


def test_capture_asks_numbers_at_each_run_and_leaves_everything_as_it_was():
    w = tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.Adam([w], lr=0.1)

    def step() -> None:
        (w * w).sum().backward()
        optimizer.step()

    captured = hg.capture(step)
    assert w.tolist() == [1.0, 2.0] and w.grad is None
    assert optimizer.state[w]["step"].item() == 0
    assert {one.name for one in captured.runtimes} == {"lr", "betas[0]", "betas[1]", "eps"}
    optimizer.param_groups[0]["lr"] = 0.5
    captured.run()
    np.testing.assert_allclose(w.tolist(), [0.5, 1.5], rtol=1e-6)
    assert optimizer.state[w]["step"].item() == 1
    scopes = {repr(node.scope) for node in captured.graph.nodes if node.scope}
    assert "Adam" in scopes


def test_capture_right_after_an_option_that_needs_more_state_is_switched_on():
    w = tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=1.0)
    optimizer.param_groups[0]["momentum"] = 0.5

    def step() -> None:
        w.sum().backward()
        optimizer.step()

    captured = hg.capture(step)
    captured.run()
    captured.run()
    assert w.tolist() == [1.0 - 1.0 - 1.5]


# --- groups ---


def test_groups_have_options_of_their_own():
    a, b, c = (tensor([1.0], requires_grad=True) for _ in range(3))
    optimizer = optim.SGD([{"params": a}, {"params": [b], "lr": 0.5}], lr=0.1)
    optimizer.add_param_group({"params": [c], "momentum": 0.9, "name": "late"})
    for _ in range(2):
        for one in (a, b, c):
            one.grad = tensor([1.0])
        optimizer.step()
    assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.5, 0.1]
    np.testing.assert_allclose(a.tolist(), [0.8], rtol=1e-6)
    np.testing.assert_allclose(b.tolist(), [0.0], atol=1e-6)
    np.testing.assert_allclose(c.tolist(), [1 - 0.1 - 0.19], rtol=1e-6)
    captured = hg.capture(optimizer.step)
    assert [one.name for one in captured.runtimes] == [
        "lr", "lr of group 1", "lr of group 2", "momentum of group 2",
    ]  # fmt: skip


def test_named_parameters_keep_their_names():
    w, b = (tensor([1.0], requires_grad=True) for _ in range(2))
    optimizer = optim.SGD(iter([("layer.weight", w), ("layer.bias", b)]))
    assert optimizer.param_groups[0]["params"] == [w, b]
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == [
        "layer.weight",
        "layer.bias",
    ]


def test_a_group_may_hold_float32_and_float64():
    tensors = [tensor([1.0], dtype, requires_grad=True) for dtype in (hg.float32, hg.float64)]
    optimizer = optim.Adam(tensors, lr=0.1)
    for _ in range(3):
        for one in tensors:
            one.grad = ones(1, dtype=one.dtype)
        optimizer.step()
    assert [one.dtype for one in tensors] == [hg.float32, hg.float64]
    np.testing.assert_allclose(tensors[1].tolist(), [0.7], rtol=1e-6)
    np.testing.assert_allclose(tensors[0].tolist(), tensors[1].tolist(), rtol=1e-6)


def test_closure_is_called_with_gradients_on_and_its_loss_returned():
    w = tensor([3.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=0.5)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    with hg.no_grad():
        loss = optimizer.step(closure)
    assert loss.item() == 9.0 and w.tolist() == [0.0]


def test_zero_grad():
    w = tensor([3.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=0.5, momentum=0.5)
    w.sum().backward()
    optimizer.zero_grad(set_to_none=False)
    assert w.grad is not None and w.grad.tolist() == [0.0]
    optimizer.zero_grad()
    assert w.grad is None
    optimizer.step()
    assert w.tolist() == [3.0]


def test_centered_rmsprop_stays_finite_where_rounding_makes_a_variance_negative():
    w = tensor([1.0] * 50, requires_grad=True)
    optimizer = optim.RMSprop([w], lr=1e-3, centered=True, alpha=0.5)
    gradient = tensor(np.linspace(0.1, 7, 50).astype(np.float32))
    for _ in range(200):
        w.grad = gradient
        optimizer.step()
    assert np.isfinite(w.tolist()).all()


# --- state ---


@every_case
def test_state_dict_continues_identically(name: str, options: dict[str, Any]):
    steps = gradients(6)

    def train(optimizer: Any, tensors: list, some: list) -> list:
        for step in some:
            for one, gradient in zip(tensors, step, strict=True):
                one.grad = tensor(gradient)
            optimizer.step()
        return [one.value.tobytes() for one in tensors]

    first = parameters(starts())
    optimizer = getattr(optim, name)(first, **options)
    train(optimizer, first, steps[:3])
    saved, middle = optimizer.state_dict(), [one.value for one in first]
    expected = train(optimizer, first, steps[3:])  # the saved state must not change by this
    second = parameters(middle)
    other = getattr(optim, name)(second, lr=9.0)
    other.load_state_dict(saved)
    assert train(other, second, steps[3:]) == expected
    # As JSON holds it: lists for arrays and pairs, text for keys.
    plain = {
        "state": {
            index: {key: one.tolist() for key, one in entry.items()}
            for index, entry in saved["state"].items()
        },
        "param_groups": saved["param_groups"],
    }
    third = parameters(middle)
    other = getattr(optim, name)(third, lr=9.0)
    other.load_state_dict(json.loads(json.dumps(plain)))
    assert train(other, third, steps[3:]) == expected


def test_loading_keeps_the_tensors_that_a_captured_step_knows():
    w = tensor([0.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=1.0, momentum=0.5)
    fresh = optimizer.state_dict()

    def step() -> None:
        optimizer.zero_grad()
        w.sum().backward()
        optimizer.step()

    captured = hg.capture(step)
    captured.run()
    captured.run()
    assert w.tolist() == [-2.5]
    optimizer.load_state_dict({**fresh, "state": {}})  # no entry: starts anew
    captured.run()
    assert w.tolist() == [-3.5]


def altered(change: Callable[[dict], Any]) -> dict:
    state = optim.Adam(parameters(starts())).state_dict()
    change(state)
    return state


def put(place: dict, key: Any, value: Any) -> None:
    place[key] = value


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ([], "dict with the keys"),
        (altered(lambda s: s.pop("state")), "dict with the keys"),
        (altered(lambda s: s["param_groups"][0]["params"].pop()), r"groups of \[3\].*of \[2\]"),
        (altered(lambda s: s["param_groups"].append(s["param_groups"][0])), r"of \[3, 3\]"),
        (altered(lambda s: s["param_groups"][0].pop("eps")), "lacks the option 'eps'"),
        (altered(lambda s: put(s["state"], 7, s["state"][0])), "parameter 7, of no group"),
        (altered(lambda s: s["state"][1].pop("step")), "parameter 1 holds.*keeps"),
        (altered(lambda s: put(s["state"][2], "sum", 1.0)), "parameter 2 holds.*keeps"),
        (altered(lambda s: put(s["state"][1], "exp_avg", [[0.0]])), r"shape \(1, 1\).*\(3,\)"),
        (altered(lambda s: put(s["state"][1], "exp_avg", "x")), "exp_avg of parameter 1 is not"),
        (altered(lambda s: put(s["param_groups"][0], "lr", -1.0)), "lr=-1.0"),
    ],
    ids=lambda one: None if isinstance(one, (dict, list)) else one,
)
def test_a_state_that_does_not_fit_changes_nothing(state: Any, message: str):
    tensors = parameters(starts())
    optimizer = optim.Adam(tensors, lr=0.25)
    for one in tensors:
        one.grad = ones(one.shape, dtype=hg.float64)
    optimizer.step()
    before = repr(optimizer.state_dict())
    with pytest.raises((ModelError, ArgumentError), match=message):
        optimizer.load_state_dict(state)
    assert repr(optimizer.state_dict()) == before


# --- misuse ---


def leaf_tensor() -> Any:
    return tensor([1.0], requires_grad=True)


W: Any = leaf_tensor()
OF_ANY_TYPE: Any = optim


@pytest.mark.parametrize(
    ("misuse", "message"),
    [
        (lambda: optim.SGD([]), r"no parameters.*model\.parameters\(\)"),
        (lambda: optim.SGD(W), r"one tensor.*SGD\(\[w\]\)"),
        (lambda: optim.SGD({"params": [W]}), "got dict.*list of groups"),
        (lambda: optim.SGD(3), "got int"),
        (lambda: optim.SGD([{"params": []}]), "group 0 of SGD has no parameters"),
        (lambda: optim.SGD([{"lr": 0.1}]), 'no "params"'),
        (lambda: optim.SGD([{"params": [W]}, W]), "groups and a Tensor"),
        (lambda: optim.SGD([np.ones(2)]), r"ndarray, not a tensor.*requires_grad=True"),
        (lambda: optim.SGD([("a", W), leaf_tensor()]), "with names and without"),
        (lambda: optim.SGD([ones(2)]), r"does not require grad.*if p\.requires_grad"),
        (lambda: optim.SGD([leaf_tensor() * 2]), "computed by mul.*from"),
        (lambda: optim.SGD([W, W]), "parameter 1 of group 0 of SGD is there twice"),
        (lambda: optim.SGD([{"params": [W]}, {"params": [W]}]), "group 1 of SGD is there twice"),
        (lambda: optim.SGD([{"params": [W], "momentun": 0.9}]), 'no option.*Write "momentum"'),
        (lambda: optim.Adam([{"params": [W], "qqq": 0.9}]), "It has lr, betas, eps"),
        (lambda: optim.SGD([W], lr=-0.1), "lr=-0.1.*zero or more"),
        (lambda: optim.SGD([W], lr=math.nan), "lr=nan"),
        (lambda: optim.SGD([W], lr=math.inf), "lr=inf"),
        (lambda: OF_ANY_TYPE.SGD([W], lr="fast"), "lr='fast', a str"),
        (lambda: optim.SGD([W], momentum=-1), "momentum=-1"),
        (lambda: optim.SGD([W], nesterov=True), "nesterov=True with momentum=0.*momentum=0.9"),
        (
            lambda: optim.SGD([W], momentum=0.9, dampening=0.1, nesterov=True),
            "dampening=0.1.*undamped",
        ),
        (lambda: optim.Adam([W], betas=(0.9, 1.0)), r"betas=\(0.9, 1.0\).*1, excluded"),
        (lambda: optim.Adam([W], betas=(-0.1, 0.9)), r"betas=\(-0.1, 0.9\)"),
        (lambda: OF_ANY_TYPE.Adam([W], betas=0.9), r"two numbers: betas=\(0.9, 0.999\)"),
        (lambda: optim.Adam([W], eps=-1e-8), "eps=-1e-08"),
        (lambda: optim.AdamW([W], weight_decay=-1), "AdamW got weight_decay=-1"),
        (lambda: optim.Adadelta([W], rho=1.5), "rho=1.5.*from 0 to 1, included"),
        (lambda: optim.Adagrad([W], lr_decay=-1), "lr_decay=-1"),
        (lambda: optim.RMSprop([W], alpha=-1), "alpha=-1"),
        (lambda: optim.LBFGS([W]).step(), r"no closure.*optimizer\.step\(closure\)"),
        (lambda: optim.LBFGS([W]).step(lambda: None), r"returned None.*one number.*return loss"),
        (lambda: optim.LBFGS([W], max_iter=0), "max_iter=0.*from 1"),
        (lambda: optim.LBFGS([W], tolerance_grad=-1), "tolerance_grad=-1"),
        (lambda: optim.LBFGS([W], line_search_fn="wolfe"), '"strong_wolfe"'),
        (lambda: optim.LBFGS([{"params": [W]}, {"params": [leaf_tensor()]}]), "one group"),
        (lambda: nn.utils.clip_grad_norm_([W], -1), "max_norm=-1"),
        (lambda: nn.utils.clip_grad_norm_([W], 1, 0), "norm_type=0.*math.inf"),
        (lambda: nn.utils.clip_grad_value_([W], -1), "clip_value=-1"),
    ],
)
def test_misuse_is_explained(misuse: Callable[[], Any], message: str):
    with pytest.raises(ArgumentError, match=message):
        misuse()


def test_a_refused_group_is_not_added():
    optimizer = optim.SGD([W])
    with pytest.raises(ArgumentError, match="a group is a dict"):
        optimizer.add_param_group([leaf_tensor()])  # pyright: ignore[reportArgumentType]
    with pytest.raises(ArgumentError, match="lr=-1"):
        optimizer.add_param_group({"params": [leaf_tensor()], "lr": -1})
    assert len(optimizer.param_groups) == len(optimizer.state) == 1


def test_a_gradient_of_another_shape_or_dtype_is_refused():
    w = tensor([1.0, 2.0], requires_grad=True)
    for wrong in (ones(1), ones(2, dtype=hg.float64)):
        with pytest.raises(GradientError, match="same shape and dtype"):
            w.grad = wrong
    assert w.grad is None


# --- clipping ---


@pytest.mark.parametrize("norm_type", [2.0, 1.0, 3.0, math.inf])
@pytest.mark.parametrize("max_norm", [0.5, 100.0])
def test_clip_grad_norm(norm_type: float, max_norm: float):
    tensors, grads = parameters(starts()), gradients(1)[0]
    for one, gradient in zip(tensors, grads, strict=True):
        one.grad = tensor(gradient)
    row = np.concatenate([one.reshape(-1) for one in grads])
    norm = np.abs(row).max() if norm_type == math.inf else (np.abs(row) ** norm_type).sum()
    norm = norm if norm_type == math.inf else norm ** (1 / norm_type)
    extra = tensor([1.0], requires_grad=True)  # without a gradient: passed over
    result = nn.utils.clip_grad_norm_([*tensors, extra], max_norm, norm_type)
    assert result.shape == () and extra.grad is None
    np.testing.assert_allclose(result.item(), norm, rtol=1e-12)
    factor = min(1.0, max_norm / (norm + 1e-6))
    for one, gradient in zip(tensors, grads, strict=True):
        np.testing.assert_allclose(one.grad.tolist(), gradient * factor, rtol=1e-12)


@pytest.mark.peer
@pytest.mark.parametrize("norm_type", [2.0, 1.0, 0.5, math.inf])
def test_clip_grad_norm_is_pytorchs(norm_type: float):
    torch = optional_peer("torch")
    ours, theirs = parameters(starts()), [torch.tensor(one, requires_grad=True) for one in starts()]
    for a, b, gradient in zip(ours, theirs, gradients(1)[0], strict=True):
        a.grad, b.grad = tensor(gradient), torch.tensor(gradient)
    norm = torch.nn.utils.clip_grad_norm_(theirs, 0.7, norm_type)
    np.testing.assert_allclose(nn.utils.clip_grad_norm_(ours, 0.7, norm_type).item(), norm.item())
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.grad.tolist(), b.grad.tolist(), rtol=1e-12)


def test_a_norm_that_is_not_finite_can_be_an_error():
    w = tensor([1.0, 2.0], requires_grad=True)
    w.grad = tensor([math.inf, 1.0])
    with pytest.raises(GradientError, match="norm is inf.*error_if_nonfinite"):
        nn.utils.clip_grad_norm_([w], 1.0, error_if_nonfinite=True)
    assert w.grad.tolist() == [math.inf, 1.0]
    w.grad = tensor([3.0, 4.0])
    assert nn.utils.clip_grad_norm_([w], 1.0, 2.0, True).item() == 5.0

    def step() -> Any:
        return nn.utils.clip_grad_norm_([w], 1.0, error_if_nonfinite=True)

    with pytest.raises(CaptureError):
        hg.capture(step)


def test_clip_without_gradients():
    w = tensor([1.0], requires_grad=True)
    assert nn.utils.clip_grad_norm_(w, 1.0).item() == 0.0
    nn.utils.clip_grad_value_(w, 1.0)
    assert w.grad is None


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_captured_clipping_is_the_eager_one(dtype: Any):
    x = np.random.default_rng(6).normal(size=(4, 3)).astype(dtype)

    def trained(captured: bool) -> list[bytes]:
        tensors, loss_of = network(dtype)
        optimizer = optim.SGD(tensors, lr=1.0)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss_of(x).backward()
            norm = nn.utils.clip_grad_norm_(tensors, 0.05)
            nn.utils.clip_grad_value_(tensors, 0.03)
            optimizer.step()
            return norm

        run = hg.capture(step, x).run if captured else lambda x: [step(tensor(x)).value]
        norms = [run(x)[0] for _ in range(2)]
        assert float(norms[0]) > 0.05
        return [one.tobytes() for one in [*norms, *(one.value for one in tensors)]]

    assert trained(captured=False) == trained(captured=True)


# --- LBFGS ---


def rosenbrock(w: Any) -> Any:
    return (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2


def closure_of(optimizer: Any, loss_of: Callable[[], Any]) -> Callable[[], Any]:
    def closure() -> Any:
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        return loss

    return closure


def test_lbfgs_finds_the_minimum_of_rosenbrocks_valley():
    w = tensor([-1.2, 1.0], hg.float64, requires_grad=True)
    options = {"max_iter": 60, "tolerance_change": 1e-15}
    optimizer = optim.LBFGS([w], **options, line_search_fn="strong_wolfe")
    first = optimizer.step(closure_of(optimizer, lambda: rosenbrock(w)))
    assert math.isclose(first.item(), 24.2)
    np.testing.assert_allclose(w.tolist(), [1.0, 1.0], atol=1e-6)
    assert int(optimizer.state[w]["func_evals"]) < 80


def test_lbfgs_solves_least_squares_over_several_parameters():
    generator = np.random.default_rng(0)
    a, y = generator.normal(size=(30, 4)), generator.normal(size=30)
    w, b = (tensor(np.zeros(size), requires_grad=True) for size in (4, 1))
    x, target = tensor(a), tensor(y)
    optimizer = optim.LBFGS([w, b], tolerance_change=1e-15, line_search_fn="strong_wolfe")

    def loss_of() -> Any:
        return ((x @ w + b - target) ** 2).mean()

    closure = closure_of(optimizer, loss_of)
    for _ in range(3):
        optimizer.step(closure)
    solution = np.linalg.lstsq(np.column_stack([a, np.ones(30)]), y, rcond=None)[0]
    np.testing.assert_allclose([*w.tolist(), *b.tolist()], solution, atol=1e-6)


def test_lbfgs_state_dict_continues_identically():
    def train(w: Any, optimizer: Any, calls: int) -> bytes:
        for _ in range(calls):
            optimizer.step(closure_of(optimizer, lambda: rosenbrock(w)))
        return w.value.tobytes()

    make = partial(optim.LBFGS, max_iter=4, line_search_fn="strong_wolfe", history_size=3)
    w = tensor([-1.2, 1.0], hg.float64, requires_grad=True)
    optimizer = make([w])
    train(w, optimizer, 2)
    saved, middle = optimizer.state_dict(), w.value
    expected = train(w, optimizer, 2)
    again = tensor(middle, requires_grad=True)
    other = make([again])
    other.load_state_dict(saved)
    assert train(again, other, 2) == expected
    assert optimizer.state[w]["old_dirs"].shape == (3, 2)
    larger = make([hg.zeros(3, dtype=hg.float64, requires_grad=True)])
    with pytest.raises(ModelError, match="3 numbers in all"):
        larger.load_state_dict(saved)
    saved["state"][0].pop("d")
    with pytest.raises(ModelError, match="LBFGS keeps"):
        other.load_state_dict(saved)


def test_lbfgs_cannot_be_captured():
    w = tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.LBFGS([w])
    with pytest.raises(CaptureError, match="captured"):
        hg.capture(lambda: optimizer.step(closure_of(optimizer, lambda: rosenbrock(w))))
    assert w.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("first_step", [1e-3, 0.1, 1.0, 10.0, 400.0])
@pytest.mark.parametrize(
    "f",
    [
        lambda t: -t / (t * t + 2),
        lambda t: (t + 0.004) ** 5 - 2 * (t + 0.004) ** 4,
        lambda t: (t - 3) ** 2 + 0.5 * hg.sin(5 * t),
        lambda t: hg.exp(t) - 20 * t,
        lambda t: hg.where(t > 2.0, math.inf, (t - 1.5) ** 2),
    ],
    ids=["more", "quintic", "waves", "steep", "infinite"],
)
def test_line_search_ends_where_the_strong_wolfe_conditions_hold(f: Any, first_step: float):
    """The first two functions are those of Moré and Thuente, 1994, tables I and II."""
    counted = []

    def evaluate(step: float) -> Point:
        t = tensor(step, hg.float64, requires_grad=True)
        loss = f(t)
        loss.backward()
        counted.append(step)
        return Point(step, loss.item(), t.grad.numpy().reshape(1), t.grad.item())

    start = evaluate(0.0)
    found, count = strong_wolfe(evaluate, start, first_step, 1.0)
    assert count == len(counted) - 1 <= 26
    assert found.loss <= start.loss + 1e-4 * found.step * start.slope
    assert abs(found.slope) <= 0.9 * abs(start.slope)


@pytest.mark.peer
@pytest.mark.parametrize(
    ("line_search", "calls", "iterations"),
    [(None, 1, 1), (None, 3, 1), (None, 2, 4), ("strong_wolfe", 1, 4), ("strong_wolfe", 2, 4)],
)
def test_lbfgs_takes_up_the_state_of_pytorchs(line_search: str | None, calls: int, iterations: int):
    torch = optional_peer("torch")
    options = {"lr": 0.01 if line_search is None else 1.0, "max_iter": iterations}
    theirs = torch.tensor([-1.2, 1.0], dtype=torch.float64, requires_grad=True)
    peer = torch.optim.LBFGS([theirs], **options, line_search_fn=line_search)
    for _ in range(calls):
        peer.step(closure_of(peer, lambda: rosenbrock(theirs)))
    ours = tensor(theirs.tolist(), hg.float64, requires_grad=True)
    own = optim.LBFGS([ours])
    own.load_state_dict(peer.state_dict())
    for _ in range(4):
        own.step(closure_of(own, lambda: rosenbrock(ours)))
        peer.step(closure_of(peer, lambda: rosenbrock(theirs)))
        np.testing.assert_allclose(ours.tolist(), theirs.tolist(), rtol=1e-8)


@pytest.mark.peer
@pytest.mark.parametrize("line_search", [None, "strong_wolfe"])
def test_lbfgs_goes_the_way_of_pytorchs(line_search: str | None):
    torch = optional_peer("torch")
    options = {"lr": 0.01 if line_search is None else 1.0, "max_iter": 5, "history_size": 4}
    ours = tensor([-1.2, 1.0], hg.float64, requires_grad=True)
    theirs = torch.tensor([-1.2, 1.0], dtype=torch.float64, requires_grad=True)
    own = optim.LBFGS([ours], **options, line_search_fn=line_search)
    peer = torch.optim.LBFGS([theirs], **options, line_search_fn=line_search)
    for _ in range(6):
        loss = own.step(closure_of(own, lambda: rosenbrock(ours)))
        other = peer.step(closure_of(peer, lambda: rosenbrock(theirs)))
        np.testing.assert_allclose(loss.item(), other.item(), rtol=1e-8)
        np.testing.assert_allclose(ours.tolist(), theirs.tolist(), rtol=1e-8)
        assert int(own.state[ours]["func_evals"]) == peer.state[theirs]["func_evals"]
