"""Schedules of the learning rate against their closed forms, and against PyTorch's."""

import inspect
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import holograd as hg
from conftest import optional_peer
from holograd import optim
from holograd.errors import ArgumentError, ModelError
from holograd.optim import lr_scheduler

BASE = 0.8


def optimizer_of(*rates: float, **options: Any) -> optim.Optimizer:
    """SGD with a group for each rate."""
    groups = [
        {"params": [hg.zeros(1, requires_grad=True)], "lr": rate} for rate in rates or (BASE,)
    ]
    return optim.SGD(groups, **options)


def course(schedule: Any, epochs: int) -> list[float]:
    """The rate of the first group in each epoch, as an optimizer would read it."""
    rates = []
    for _ in range(epochs):
        rates.append(schedule.optimizer.param_groups[0]["lr"])
        assert schedule.get_last_lr()[0] == rates[-1]
        schedule.step()
    return rates


def cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


# name, arguments, and the rate in epoch t by the documented formula
CLOSED: list[tuple[str, dict[str, Any], Callable[[int], float]]] = [
    ("StepLR", {"step_size": 3}, lambda t: BASE * 0.1 ** (t // 3)),
    ("StepLR", {"step_size": 1, "gamma": 0.9}, lambda t: BASE * 0.9**t),
    (
        "MultiStepLR",
        {"milestones": [9, 2, 5, 5], "gamma": 0.5},
        lambda t: BASE * 0.5 ** ((t >= 2) + 2 * (t >= 5) + (t >= 9)),
    ),
    ("ExponentialLR", {"gamma": 0.7}, lambda t: BASE * 0.7**t),
    ("CosineAnnealingLR", {"T_max": 8}, lambda t: cosine(BASE, 0.0, t / 8)),
    ("CosineAnnealingLR", {"T_max": 5, "eta_min": 0.1}, lambda t: cosine(BASE, 0.1, t / 5)),
    ("LinearLR", {}, lambda t: BASE * (1 / 3 + (2 / 3) * min(t, 5) / 5)),
    (
        "LinearLR",
        {"start_factor": 1.0, "end_factor": 0.25, "total_iters": 7},
        lambda t: BASE * (1 - 0.75 * min(t, 7) / 7),
    ),
    ("LambdaLR", {"lr_lambda": lambda t: 1 / (1 + t)}, lambda t: BASE / (1 + t)),
]
CLOSED_NAMES = [f"{name}-{list(options)}" for name, options, _ in CLOSED]

CYCLES: list[dict[str, Any]] = [
    {"total_steps": 20},
    {"total_steps": 20, "three_phase": True},
    {"total_steps": 21, "anneal_strategy": "linear", "pct_start": 0.25, "div_factor": 5.0},
    {"epochs": 4, "steps_per_epoch": 5, "pct_start": 0.5, "final_div_factor": 10.0},
    {"total_steps": 20, "pct_start": 0.0},
    {"total_steps": 20, "base_momentum": 0.7, "max_momentum": 0.99, "three_phase": True},
]


@pytest.mark.parametrize(("name", "options", "rate"), CLOSED, ids=CLOSED_NAMES)
def test_rates_are_those_of_the_formula(name: str, options: dict, rate: Callable[[int], float]):
    schedule = getattr(lr_scheduler, name)(optimizer_of(), **options)
    np.testing.assert_allclose(
        course(schedule, 24), [rate(t) for t in range(24)], rtol=1e-12, atol=1e-15
    )


@pytest.mark.parametrize(("name", "options", "rate"), CLOSED, ids=CLOSED_NAMES)
def test_each_group_has_its_own_rate(name: str, options: dict, rate: Callable[[int], float]):
    optimizer = optimizer_of(BASE, 2 * BASE)
    schedule = getattr(lr_scheduler, name)(optimizer, **options)
    for _ in range(4):
        schedule.step()
    low = options.get("eta_min", 0.0) if name == "CosineAnnealingLR" else 0.0
    first, second = (one - low for one in schedule.get_last_lr())
    np.testing.assert_allclose(first, rate(4) - low, rtol=1e-12)
    np.testing.assert_allclose(second * (BASE - low), first * (2 * BASE - low), rtol=1e-12)


@pytest.mark.peer
@pytest.mark.parametrize(("name", "options", "rate"), CLOSED, ids=CLOSED_NAMES)
def test_rates_are_those_of_pytorch(name: str, options: dict, rate: Any):
    torch = optional_peer("torch")
    peer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE)
    theirs = getattr(torch.optim.lr_scheduler, name)(peer, **options)
    peer.step()
    ours = getattr(lr_scheduler, name)(optimizer_of(), **options)
    np.testing.assert_allclose(course(ours, 30), course(theirs, 30), rtol=1e-11, atol=1e-14)


@pytest.mark.peer
@pytest.mark.parametrize("name", [one for one in lr_scheduler.__all__ if one != "LRScheduler"])
def test_arguments_are_those_of_pytorch(name: str):
    torch = optional_peer("torch")
    ours = inspect.signature(getattr(lr_scheduler, name)).parameters
    theirs = inspect.signature(getattr(torch.optim.lr_scheduler, name)).parameters
    assert [(key, one.default) for key, one in ours.items()] == [
        (key, one.default) for key, one in theirs.items()
    ]


# --- one cycle ---


def test_one_cycle_has_its_peak_and_its_ends_where_it_says():
    optimizer = optimizer_of(momentum=0.9)
    schedule = lr_scheduler.OneCycleLR(
        optimizer, max_lr=1.0, total_steps=11, pct_start=4 / 11, div_factor=10, final_div_factor=50
    )
    seen = []
    for _ in range(11):
        seen.append((optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["momentum"]))
        schedule.step()
    rates, momenta = zip(*seen, strict=True)
    np.testing.assert_allclose([rates[0], rates[3], rates[10]], [0.1, 1.0, 0.002], rtol=1e-12)
    np.testing.assert_allclose([momenta[0], momenta[3], momenta[10]], [0.95, 0.85, 0.95])
    assert list(rates[:4]) == sorted(rates[:4]) and list(rates[3:]) == sorted(rates[3:])[::-1]
    np.testing.assert_allclose(rates[1], cosine(0.1, 1.0, 1 / 3), rtol=1e-12)
    np.testing.assert_allclose(rates[5], cosine(1.0, 0.002, 2 / 7), rtol=1e-12)
    with pytest.raises(ArgumentError, match="made for 11 steps"):
        schedule.step()


@pytest.mark.peer
@pytest.mark.parametrize("kind", ["SGD", "Adam", "Adagrad"])
@pytest.mark.parametrize("options", CYCLES, ids="-".join)
def test_one_cycle_is_pytorchs(kind: str, options: dict[str, Any]):
    torch = optional_peer("torch")
    options = {"max_lr": 0.7, "cycle_momentum": kind != "Adagrad", **options}
    momentum = {"momentum": 0.9} if kind == "SGD" else {}
    own = getattr(optim, kind)([hg.zeros(1, requires_grad=True)], **momentum)
    peer = getattr(torch.optim, kind)([torch.zeros(1, requires_grad=True)], **momentum)
    ours = lr_scheduler.OneCycleLR(own, **options)
    theirs = torch.optim.lr_scheduler.OneCycleLR(peer, **options)
    peer.step()
    for _ in range(20):
        a, b = own.param_groups[0], peer.param_groups[0]
        for name in ("lr", "betas", "momentum"):
            np.testing.assert_allclose(a.get(name, 0), b.get(name, 0), rtol=1e-11, atol=1e-14)
        ours.step()
        theirs.step()


# --- one after the other ---


def warm_up_and_cosine(optimizer: Any, module: Any) -> Any:
    """Three epochs of warm-up, six along a cosine, and then a slow exponential fall."""
    parts = [
        module.LinearLR(optimizer, start_factor=0.25, total_iters=3),
        module.CosineAnnealingLR(optimizer, T_max=8, eta_min=0.01),
        module.ExponentialLR(optimizer, gamma=0.9),
    ]
    return module.SequentialLR(optimizer, parts, milestones=[3, 9])


def test_sequence_counts_from_each_milestone():
    schedule = warm_up_and_cosine(optimizer_of(), lr_scheduler)
    expected = [BASE * (0.25 + 0.25 * t) for t in range(3)]
    expected += [cosine(BASE, 0.01, t / 8) for t in range(6)]
    expected += [BASE * 0.9**t for t in range(4)]
    np.testing.assert_allclose(course(schedule, 13), expected, rtol=1e-12)


@pytest.mark.peer
@pytest.mark.filterwarnings("ignore:The epoch parameter")
def test_sequence_is_pytorchs():
    torch = optional_peer("torch")
    peer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE)
    theirs = warm_up_and_cosine(peer, torch.optim.lr_scheduler)
    peer.step()
    ours = warm_up_and_cosine(optimizer_of(), lr_scheduler)
    np.testing.assert_allclose(course(ours, 20), course(theirs, 20), rtol=1e-11)


# --- plateau ---

METRICS = [5.0, 4.0, 4.0, 3.9999, 4.1, 3.0, 3.5, 3.5, 3.5, 3.5, 3.5, math.nan, 3.5, 3.5, 2.9, 3.2]


def test_plateau_waits_and_cools_down():
    optimizer = optimizer_of()
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=2, cooldown=2)
    rates = []
    for metric in METRICS[:14]:
        schedule.step(hg.tensor(metric))
        rates.append(schedule.get_last_lr()[0] / BASE)
    # Epochs 2, 3 and 4 are no better than 4.0 by a share of 1e-4: one too many. Two epochs after
    # a fall do not count, nor does 3.0, which is better; then 3.5 is not, three times in a row.
    assert rates == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25]


def test_plateau_stops_at_the_least_rate():
    optimizer = optimizer_of(0.8, 0.4)
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer, "max", 0.5, patience=0, min_lr=[0.1, 0.3])
    for _ in range(8):
        schedule.step(1.0)
    assert schedule.get_last_lr() == [0.1, 0.3]


@pytest.mark.peer
@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("threshold_mode", ["rel", "abs"])
@pytest.mark.parametrize("cooldown", [0, 2])
def test_plateau_is_pytorchs(mode: str, threshold_mode: str, cooldown: int):
    torch = optional_peer("torch")
    options = {"mode": mode, "threshold_mode": threshold_mode, "cooldown": cooldown}
    options |= {"patience": 1, "threshold": 0.05, "factor": 0.3, "min_lr": 1e-3}
    own, peer = optimizer_of(), torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE)
    ours = lr_scheduler.ReduceLROnPlateau(own, **options)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(peer, **options)
    for metric in METRICS:
        ours.step(metric)
        theirs.step(metric)
        np.testing.assert_allclose(ours.get_last_lr(), theirs.get_last_lr(), rtol=1e-12)


# --- taken up again ---

RESUMED: list[Callable[[Any], Any]] = [
    *(
        lambda optimizer, name=name, options=options: getattr(lr_scheduler, name)(
            optimizer, **options
        )
        for name, options, _ in CLOSED
    ),
    lambda optimizer: lr_scheduler.OneCycleLR(optimizer, 1.0, total_steps=12),
    lambda optimizer: warm_up_and_cosine(optimizer, lr_scheduler),
]


@pytest.mark.parametrize("make", RESUMED)
def test_state_dict_continues_identically(make: Callable[[Any], Any]):
    optimizer = optimizer_of(momentum=0.9)
    schedule = make(optimizer)
    course(schedule, 5)
    saved, state = optimizer.state_dict(), json.loads(json.dumps(schedule.state_dict()))
    expected = course(schedule, 6)
    other = optimizer_of(3.0, momentum=0.9)
    again = make(other)
    other.load_state_dict(saved)
    again.load_state_dict(state)
    assert course(again, 6) == expected


def test_plateau_state_dict_continues_identically():
    make = lr_scheduler.ReduceLROnPlateau
    optimizer, other = optimizer_of(), optimizer_of()
    schedule, again = make(optimizer, patience=1), make(other)
    for metric in METRICS[:8]:
        schedule.step(metric)
    again.load_state_dict(json.loads(json.dumps(schedule.state_dict())))
    other.load_state_dict(optimizer.state_dict())
    for metric in METRICS[8:]:
        schedule.step(metric)
        again.step(metric)
        assert schedule.get_last_lr() == again.get_last_lr()


def test_a_schedule_can_be_taken_up_by_its_epoch():
    optimizer = optimizer_of()
    schedule = lr_scheduler.CosineAnnealingLR(optimizer, T_max=8)
    course(schedule, 3)
    expected = course(schedule, 3)
    other = optimizer_of(9.0)
    other.load_state_dict(optimizer.state_dict())  # holds "initial_lr"
    assert course(lr_scheduler.CosineAnnealingLR(other, 8, last_epoch=2), 3) == expected


def test_a_captured_step_follows_the_schedule():
    w = hg.tensor([0.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=1.0)
    schedule = lr_scheduler.ExponentialLR(optimizer, gamma=0.5)

    def step() -> None:
        optimizer.zero_grad()
        w.sum().backward()
        optimizer.step()

    captured = hg.capture(step)
    places = []
    for _ in range(3):
        captured.run()
        schedule.step()
        places += w.tolist()
    assert places == [-1.0, -1.5, -1.75]


# --- misuse ---


def after_adding_a_group() -> None:
    optimizer = optimizer_of()
    schedule = lr_scheduler.StepLR(optimizer, 1)
    optimizer.add_param_group({"params": [hg.zeros(1, requires_grad=True)]})
    schedule.step()


def of_another_optimizer() -> None:
    part = lr_scheduler.StepLR(optimizer_of(), 1)
    lr_scheduler.SequentialLR(optimizer_of(), [part], milestones=[])


def with_plateau() -> None:
    optimizer = optimizer_of()
    part: Any = lr_scheduler.ReduceLROnPlateau(optimizer)
    lr_scheduler.SequentialLR(optimizer, [part], milestones=[])


def without_milestones() -> None:
    optimizer = optimizer_of()
    parts = [lr_scheduler.StepLR(optimizer, 1), lr_scheduler.StepLR(optimizer, 2)]
    lr_scheduler.SequentialLR(optimizer, parts, milestones=[])


def one_cycle(**options: Any) -> Any:
    return lr_scheduler.OneCycleLR(optimizer_of(momentum=0.9), 1.0, **options)


def plateau(**options: Any) -> Any:
    return lr_scheduler.ReduceLROnPlateau(optimizer_of(), **options)


ANY: list[Any] = [5, "a", 0.5]
NOT_AN_OPTIMIZER: Any = hg.zeros(1)
WITHOUT_MOMENTUM = optim.Adagrad([hg.zeros(1, requires_grad=True)])


@pytest.mark.parametrize(
    ("misuse", "message"),
    [
        (lambda: lr_scheduler.StepLR(NOT_AN_OPTIMIZER, 1), r"got Tensor.*StepLR\(optimizer, …\)"),
        (lambda: lr_scheduler.StepLR(optimizer_of(), 0), "step_size=0.*from 1"),
        (lambda: lr_scheduler.CosineAnnealingLR(optimizer_of(), 0), "T_max=0"),
        (lambda: lr_scheduler.StepLR(optimizer_of(), 1, last_epoch=3), 'no "initial_lr"'),
        (lambda: lr_scheduler.LinearLR(optimizer_of(), 0.0), "start_factor=0.0.*cannot be 0"),
        (lambda: lr_scheduler.LinearLR(optimizer_of(), total_iters=0), "total_iters=0"),
        (lambda: lr_scheduler.MultiStepLR(optimizer_of(), ANY[0]), r"milestones=5.*\[30, 80\]"),
        (lambda: lr_scheduler.MultiStepLR(optimizer_of(), [ANY[1]]), r"milestones=\['a'\]"),
        (lambda: lr_scheduler.ExponentialLR(optimizer_of(), ANY[1]), "gamma='a'.*number"),
        (lambda: lr_scheduler.StepLR(optimizer_of(), 1, ANY[1]), "StepLR got gamma='a'"),
        (lambda: lr_scheduler.LambdaLR(optimizer_of(), ANY[2]), r"lr_lambda=0.5: .*function"),
        (lambda: plateau().step(), r"got no metric.*schedule\.step\(loss\)"),
        (lambda: plateau().step(hg.ones(2)), "got tensor"),
        (lambda: plateau(patience="a"), "patience='a'"),
        (lambda: one_cycle(total_steps=5, div_factor="a"), "div_factor='a'"),
        (lambda: lr_scheduler.LambdaLR(optimizer_of(), [abs, abs]), "2 functions for 1 groups"),
        (one_cycle, "total_steps=…, or epochs"),
        (lambda: one_cycle(epochs=3), "how long"),
        (lambda: one_cycle(total_steps=0), "total_steps=0"),
        (lambda: one_cycle(total_steps=5, pct_start=30), "pct_start=30.*from 0 to 1"),
        (lambda: one_cycle(total_steps=5, anneal_strategy="cosine"), '"cos" or "linear"'),
        (lambda: one_cycle(total_steps=5, base_momentum=[0.8, 0.9]), "2 numbers for 1 groups"),
        (
            lambda: lr_scheduler.OneCycleLR(WITHOUT_MOMENTUM, 1.0, total_steps=5),
            "Adagrad has none.*cycle_momentum=False",
        ),
        (lambda: plateau(factor=1.0), "factor=1.0.*has to fall"),
        (lambda: plateau(mode="low"), 'mode="min" or mode="max"'),
        (lambda: plateau(threshold_mode="x"), 'threshold_mode="rel"'),
        (after_adding_a_group, "1 groups of parameters, and the optimizer has 2"),
        (of_another_optimizer, "all of one optimizer"),
        (with_plateau, "cannot take this ReduceLROnPlateau"),
        (without_milestones, r"2 schedules and milestones=\[\]"),
    ],
)
def test_misuse_is_explained(misuse: Callable[[], Any], message: str):
    with pytest.raises(ArgumentError, match=message):
        misuse()


OF_PYTORCH: dict[str, Callable[[Any, Any], Any]] = {
    "StepLR": lambda library, one: library.StepLR(one, 2),
    "MultiStepLR": lambda library, one: library.MultiStepLR(one, [1, 4, 4, 6]),
    "ExponentialLR": lambda library, one: library.ExponentialLR(one, 0.9),
    "CosineAnnealingLR": lambda library, one: library.CosineAnnealingLR(one, 7),
    "LinearLR": lambda library, one: library.LinearLR(one, 0.25),
    "LambdaLR": lambda library, one: library.LambdaLR(one, lambda epoch: 0.95**epoch),
    "OneCycleLR": lambda library, one: library.OneCycleLR(one, 1.0, 12),
    "OneCycleLR in three phases": lambda library, one: library.OneCycleLR(
        one, 1.0, 12, three_phase=True
    ),
    "SequentialLR": lambda library, one: library.SequentialLR(
        one, [library.LinearLR(one, 0.5, total_iters=3), library.ExponentialLR(one, 0.9)], [3]
    ),
}


@pytest.mark.peer
@pytest.mark.parametrize("make", OF_PYTORCH.values(), ids=OF_PYTORCH.keys())
@pytest.mark.filterwarnings("ignore::UserWarning")  # PyTorch's, of step() before optimizer.step()
def test_the_state_of_pytorchs_schedule_is_taken_up(make: Callable[[Any, Any], Any]):
    torch = optional_peer("torch")
    peer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE, momentum=0.9)
    theirs = make(torch.optim.lr_scheduler, peer)
    for _ in range(5):
        theirs.step()
    own = optimizer_of(momentum=0.9)
    ours = make(lr_scheduler, own)
    own.load_state_dict(peer.state_dict())
    ours.load_state_dict(theirs.state_dict())
    assert ours.get_last_lr() == theirs.get_last_lr()
    np.testing.assert_allclose(course(ours, 6), course(theirs, 6), rtol=1e-11, atol=1e-14)


@pytest.mark.peer
def test_the_state_of_pytorchs_plateau_is_taken_up():
    torch = optional_peer("torch")
    peer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(peer, patience=2)
    own = optimizer_of()
    ours = lr_scheduler.ReduceLROnPlateau(own)
    for loss in (3.0, 2.0, 2.0):
        theirs.step(loss)
    own.load_state_dict(peer.state_dict())
    ours.load_state_dict(theirs.state_dict())
    for loss in (2.0, 2.0, 2.0, 1.0):
        theirs.step(loss)
        ours.step(loss)
        assert ours.get_last_lr() == pytest.approx(theirs.get_last_lr())
    assert ours.get_last_lr()[0] == pytest.approx(BASE / 10)


def test_a_state_that_does_not_fit_changes_nothing():
    schedule = lr_scheduler.StepLR(optimizer_of(), 2)
    before = schedule.state_dict()
    others: list[Any] = [
        lr_scheduler.ExponentialLR(optimizer_of(), 0.5).state_dict(),
        lr_scheduler.StepLR(optimizer_of(1.0, 2.0), 3).state_dict(),
        [],
    ]
    for other in others:
        with pytest.raises(ModelError, match=r"StepLR (keeps|has 1)"):
            schedule.load_state_dict(other)
        assert schedule.state_dict() == before
    sequence = warm_up_and_cosine(optimizer_of(), lr_scheduler)
    state = sequence.state_dict()
    state["_schedulers"] = state["_schedulers"][:2]
    with pytest.raises(ModelError, match="of 2 schedules: this one joins 3"):
        sequence.load_state_dict(state)
