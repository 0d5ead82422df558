"""What all optimizers share: groups of parameters, their state, and the step that applies a rule.

An optimizer is three small functions. `slots` names the state that a parameter has, `coefficients`
computes the step's few scalars in float64, and `rule` is the update itself, in the parameter's
dtype, of about ten lines. All are written in operations, so that the same rule computes with arrays
and becomes part of a captured graph.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from holograd.eager import as_array
from holograd.errors import ArgumentError, HologradError, ModelError
from holograd.graph import Interpreter, Spec, interpreting, leaf, scope, state
from holograd.ops.elementwise import cast
from holograd.ops.table import FLOAT64
from holograd.optim.checks import check_known, check_numbers, check_tensor, groups_of, named_tensors
from holograd.tensor import Tensor, enable_grad

SCALAR = Spec((), FLOAT64)
STATE_KEYS = {"state", "param_groups"}
BEFORE_EVERY_STEP = -1  # the serial number of a node that is older than any capture


class Optimizer:
    """The base of all optimizers.

    A captured step asks options for their numbers at each run. Which terms it has (whether there is
    momentum, or weight decay, at all) is decided when it is captured.

    Args:
        params: the tensors to train: a list of tensors, of (name, tensor) pairs, or of groups,
            which are dicts such as `{"params": [w], "lr": 0.1}` with options of their own.
        defaults: the options of groups that do not set them.

    Raises:
        ArgumentError: there are no parameters, one cannot be trained or comes twice, or an option
            is unknown or outside of its range.

    Example:
        A rule of one's own, gradient descent by the sign of the gradient:

        >>> import holograd as hg
        >>> from holograd.optim.optimizer import Optimizer
        >>> class SignDescent(Optimizer):
        ...     def __init__(self, params, lr=0.1):
        ...         super().__init__(params, {"lr": lr})
        ...
        ...     def coefficients(self, group, number, step):
        ...         return {"lr": number("lr")}
        ...
        ...     def rule(self, parameter, gradient, state, c, group):
        ...         return parameter - c["lr"] * hg.sign(gradient), state
        >>> w = hg.tensor([1.0, -3.0], requires_grad=True)
        >>> (w * w).sum().backward()
        >>> SignDescent([w], lr=0.5).step()
        >>> w.tolist()
        [0.5, -2.5]
    """

    def __init__(self, params: Any, defaults: Mapping[str, Any]):
        self.defaults = dict(defaults)
        self.state: dict[Tensor, dict[str, Any]] = {}
        self.param_groups: list[dict[str, Any]] = []
        for group in groups_of(params, type(self).__name__):
            self.add_param_group(group)

    # --- what a rule consists of ---

    def slots(self, group: Mapping[str, Any]) -> dict[str, float]:
        """The names of a parameter's state under the options of `group`, and what it starts from.

        The slot "step" is one number that counts the parameter's updates; the others have the
        parameter's shape and dtype.
        """
        return {}

    def coefficients(self, group: Mapping[str, Any], number: Numbers, step: Any) -> dict[str, Any]:
        """The scalars that the rule takes, computed in float64.

        Args:
            group: the options, by which to decide what is used at all.
            number: gives an option's present value: `number("lr")`, `number("betas", 0)`. Whatever
                enters the arithmetic is asked from it, so that a captured step follows changes.
            step: which update this is, from 1; None where there is no slot "step".
        """
        raise NotImplementedError

    def rule(
        self, parameter: Any, gradient: Any, state: dict[str, Any], c: dict[str, Any],
        group: Mapping[str, Any],
    ) -> tuple[Any, dict[str, Any]]:  # fmt: skip
        """The update: (parameter, gradient, state, coefficients) → (parameter, state).

        The coefficients come in the parameter's dtype. What `group` holds decides only which terms
        there are.
        """
        raise NotImplementedError

    # --- the step ---

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Updates each parameter that has a gradient.

        Args:
            closure: computes the loss and its gradients anew; called before the update.

        Returns:
            The closure's loss, or None without a closure.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        recording, state.recording = state.recording, False
        try:
            with scope(type(self).__name__), interpreting(state.interpreter.graphless) as now:
                for place, group in enumerate(self.param_groups):
                    self._update(group, place, now)
        finally:
            state.recording = recording
        return loss

    def _update(self, group: dict[str, Any], place: int, now: Interpreter) -> None:
        slots = self.slots(group)
        number = Numbers(now, group, place)
        read, assign, maximize = now.read, now.assign, group.get("maximize")
        known: dict[Any, tuple[Any, dict[str, Any]]] = {}
        for parameter in group["params"]:
            if parameter.grad is None:
                continue
            kept = self.state[parameter]
            if slots and not slots.keys() <= kept.keys():  # an option was switched on
                self._create(parameter, slots)
            value, gradient = read(parameter), read(parameter.grad)
            held = {name: read(kept[name]) for name in slots}
            step = held.pop("step", None)
            # Where values are known, parameters updated equally often share their scalars.
            key = value.dtype, step.item() if isinstance(step, np.ndarray) else step
            if key not in known:
                count = None if step is None else step + 1
                exact = self.coefficients(group, number, count)
                known[key] = count, {name: cast(one, value.dtype) for name, one in exact.items()}
            count, c = known[key]
            value, held = self.rule(value, -gradient if maximize else gradient, held, c, group)
            assign(parameter, value)
            if count is not None:
                assign(kept["step"], count)
            for name, one in held.items():
                assign(kept[name], one)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients.

        Args:
            set_to_none: whether `.grad` becomes None, which also leaves a parameter without a new
                gradient as it is; else it becomes zeros, which an optimizer with momentum follows.
        """
        for group in self.param_groups:
            for parameter in group["params"]:
                if set_to_none:
                    parameter.grad = None
                else:
                    zeros = np.zeros(parameter.shape, parameter.dtype)
                    parameter.grad = state.interpreter.constant(zeros)

    # --- groups and state ---

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Adds parameters, with options of their own.

        Args:
            param_group: `{"params": [w], "lr": 0.1}`; options that it lacks are the defaults.

        Raises:
            ArgumentError: as when the optimizer is made; nothing was added then.
        """
        name, place = type(self).__name__, len(self.param_groups)
        if not isinstance(param_group, Mapping):
            raise ArgumentError(
                f"a group is a dict, and got {type(param_group).__name__}",
                instead='Write {"params": [w], "lr": 0.1}.',
            )
        tensors, names = named_tensors(param_group, f"group {place} of {name}")
        if not tensors:
            raise ArgumentError(f"group {place} of {name} has no parameters")
        seen = {id(one) for one in self.state}
        for position, tensor in enumerate(tensors):
            label = names[position] if names else str(position)
            check_tensor(tensor, f"parameter {label} of group {place} of {name}")
            if id(tensor) in seen:
                raise ArgumentError(
                    f"parameter {label} of group {place} of {name} is there twice",
                    why="it would take two updates a step",
                    instead="Give each parameter once, in one group.",
                )
            seen.add(id(tensor))
        check_known(param_group, self.defaults, name)
        group = {"params": tensors, **self.defaults}
        group.update((key, one) for key, one in param_group.items() if key != "params")
        if names:
            group["param_names"] = names
        self.check_group(group)
        self.param_groups.append(group)
        for tensor in tensors:
            self.state[tensor] = {}
            self._create(tensor, self.slots(group))

    def check_group(self, group: Mapping[str, Any]) -> None:
        """Raises ArgumentError where the options of a group cannot be."""
        check_numbers(group, type(self).__name__)

    def _create(self, parameter: Tensor, slots: Mapping[str, float]) -> None:
        """Gives a parameter the state that it lacks, as old as the parameter for a capture."""
        kept = self.state[parameter]
        for name, start in slots.items():
            if name not in kept:
                node = leaf(np.full(*_slot(name, parameter, start)), name=name)
                node.serial = BEFORE_EVERY_STEP
                kept[name] = Tensor(node)

    def state_dict(self) -> dict[str, Any]:
        """The state and the options, as PyTorch lays them out.

        Returns:
            `{"state": {index: {slot: tensor}}, "param_groups": [{…, "params": [index, …]}]}`, where
            parameters are numbered through all groups. Later steps do not change it.
        """
        groups, kept = [], {}
        for group in self.param_groups:
            start = sum(len(one["params"]) for one in groups)
            packed = {key: copy.deepcopy(one) for key, one in group.items() if key != "params"}
            packed["params"] = list(range(start, start + len(group["params"])))
            groups.append(packed)
            for index, parameter in zip(packed["params"], group["params"], strict=True):
                entry = self.saved_state(parameter, group)
                if entry:
                    kept[index] = entry
        return {"state": kept, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Takes over what `state_dict()` gave, here or of PyTorch's optimizer of the same name.

        A parameter without an entry starts anew.

        Raises:
            ModelError: groups, parameters, slots or shapes are not those of this optimizer.
            ArgumentError: an option is outside of its range. In both cases nothing was changed.
        """
        name = type(self).__name__
        if not isinstance(state_dict, Mapping) or STATE_KEYS - state_dict.keys():
            raise ModelError(
                f'the state of {name} is a dict with the keys "state" and "param_groups"',
                instead="Give what optimizer.state_dict() returned.",
            )
        packed = state_dict["param_groups"]
        sizes = [len(group["params"]) for group in self.param_groups]
        given = [len(group["params"]) for group in packed]
        if sizes != given:
            raise ModelError(
                f"this {name} has groups of {sizes} parameters, and the state is of {given}",
                instead="Make the optimizer over the same parameters and groups first.",
            )
        entries = {int(index): entry for index, entry in state_dict["state"].items()}
        groups, states = [], []
        for own, other in zip(self.param_groups, packed, strict=True):
            missing = [key for key in self.defaults if key not in other]
            if missing:
                raise ModelError(f"the state of {name} lacks the option {missing[0]!r}")
            group = {key: copy.deepcopy(one) for key, one in other.items() if key != "params"}
            self.check_group(group)
            groups.append(group)
            for index, parameter in zip(other["params"], own["params"], strict=True):
                entry = entries.pop(index, {})
                entry = {slot: one for slot, one in entry.items() if one is not None}
                states.append((parameter, self.loaded_state(index, parameter, entry, group)))
        if entries:
            raise ModelError(f"the state of {name} has parameter {min(entries)}, of no group")
        for own, group in zip(self.param_groups, groups, strict=True):
            for key in own.keys() - {"params"}:
                del own[key]
            own.update(group)
        for parameter, loaded in states:
            self.take_state(parameter, loaded)

    def saved_state(self, parameter: Tensor, group: Mapping[str, Any]) -> dict[str, Tensor]:
        """The state of one parameter under the options of its group."""
        return {name: snapshot(self.state[parameter][name]) for name in self.slots(group)}

    def loaded_state(
        self, index: int, parameter: Tensor, entry: Mapping[str, Any], group: Mapping[str, Any]
    ) -> dict[str, np.ndarray]:
        """The state of one parameter out of its `entry`, or the first state where that is empty.

        Raises:
            ModelError: the slots or their shapes are not the parameter's.
        """
        slots = self.slots(group)
        if not entry:
            return {name: np.full(*_slot(name, parameter, start)) for name, start in slots.items()}
        if entry.keys() != slots.keys():
            raise ModelError(
                f"the state of parameter {index} holds {sorted(entry)}",
                why=f"{type(self).__name__} with these options keeps {sorted(slots)}",
            )
        loaded = {}
        for name, one in entry.items():
            shape, _, dtype = _slot(name, parameter)
            loaded[name] = loaded_array(one, f"{name} of parameter {index}", dtype)
            if loaded[name].shape != shape:
                raise ModelError(
                    f"{name} of parameter {index} has shape {loaded[name].shape}",
                    why=f"the parameter has shape {parameter.shape}",
                )
        return loaded

    def take_state(self, parameter: Tensor, loaded: Mapping[str, np.ndarray]) -> None:
        """Gives a parameter's state new values, in the tensors that captured steps know."""
        kept = self.state[parameter]
        for name, array in loaded.items():
            kept.setdefault(name, Tensor(leaf(array))).become(leaf(array, name=name))

    def __repr__(self) -> str:
        lines = [
            f"    group {place}: {len(group['params'])} parameters, "
            + ", ".join(f"{key}={group[key]!r}" for key in self.defaults)
            for place, group in enumerate(self.param_groups)
        ]
        return "\n".join([f"{type(self).__name__} (", *lines, ")"])


class Numbers:
    """The options of one group during one step: each a float64 scalar, asked for once."""

    def __init__(self, now: Interpreter, group: Mapping[str, Any], place: int):
        self.now, self.group, self.place = now, group, place
        self.asked: dict[tuple[str, int | None], Any] = {}

    def __call__(self, name: str, item: int | None = None) -> Any:
        """The present value of an option, or of one `item` of it (the first of the betas is 0)."""
        key = name, item
        if key not in self.asked:
            label = name if item is None else f"{name}[{item}]"
            label += f" of group {self.place}" if self.place else ""
            read = partial(_option, self.group, name, item)
            self.asked[key] = self.now.runtime(label, read, SCALAR)
        return self.asked[key]


def _option(group: Mapping[str, Any], name: str, item: int | None) -> float:
    return group[name] if item is None else group[name][item]


def _slot(name: str, parameter: Tensor, start: float = 0.0) -> tuple[tuple, float, np.dtype]:
    """Shape, first value and dtype of a slot."""
    if name == "step":
        return (), start, FLOAT64
    return parameter.shape, start, parameter.dtype


def loaded_array(value: Any, place: str, dtype: np.dtype) -> np.ndarray:
    """A copy of a state's value, as an array of `dtype`.

    Raises:
        ModelError: it does not consist of numbers.
    """
    try:
        return as_array(value.value if isinstance(value, Tensor) else value, dtype).copy()
    except HologradError as error:
        raise ModelError(f"{place} is not numbers", why=str(error)) from None


def snapshot(tensor: Tensor) -> Tensor:
    """A tensor of the present values, which later steps do not reach."""
    return Tensor(leaf(tensor.value, name=tensor.node.name))
