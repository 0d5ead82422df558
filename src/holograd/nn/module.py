"""Modules: functions with parameters, that contain other modules.

A module's parameters, buffers and children are its plain attributes; beside them it keeps only
their names with what each is, in the order they came. Calling a module opens a scope, so that the
nodes made inside know which layer made them, and errors can say where they happened.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Self

import numpy as np

from holograd.errors import ArgumentError, CaptureError, DtypeError, HologradError, ModelError
from holograd.graph import Scope, Spec, leaf, state
from holograd.nn.call import Call, Handle, kind_of, locate
from holograd.nn.parameter import Parameter
from holograd.nn.state import Keys, fitting
from holograd.ops.table import FLOAT32, FLOAT64
from holograd.tensor import Tensor, no_grad

PARAMETER, BUFFER, TEMPORARY, CHILD = "parameter", "buffer", "temporary buffer", "child module"


class Module:
    """The base of all layers and models.

    A subclass makes its parameters and children in `__init__`, as attributes, and computes in
    `forward`. Unlike in PyTorch, forgetting `super().__init__()` does no harm.

    Example:
        >>> import holograd as hg
        >>> class Line(Module):
        ...     def __init__(self):
        ...         self.slope = Parameter([2.0])
        ...
        ...     def forward(self, x):
        ...         return self.slope * x
        >>> Line()(hg.tensor([1.0, 3.0])).tolist()
        [2.0, 6.0]
    """

    training: bool = True
    _roles: Mapping[str, str] = MappingProxyType({})  # rebound, never changed: copies stay apart
    _names: Mapping[Module, str] = MappingProxyType({})
    _before: tuple[Handle, ...] = ()
    _after: tuple[Handle, ...] = ()

    # --- calling ---

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """What the module computes; subclasses write it.

        Raises:
            ModelError: the subclass has none.
        """
        raise ModelError(
            f"{type(self).__name__} has no forward()", why="calling a module calls its forward",
            instead="Write `def forward(self, x): return …` in the class.",
        )  # fmt: skip

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        outer = state.scope
        if outer is None:
            with np.errstate(all="ignore"):
                return self._call(None, inputs, named)
        return self._call(outer, inputs, named)

    def _call(self, outer: Scope | None, inputs: tuple[Any, ...], named: dict[str, Any]) -> Any:
        state.scope = Call(self, outer)
        try:
            for handle in self._before:
                changed = handle.hook(self, inputs)
                if changed is not None:
                    inputs = changed if isinstance(changed, tuple) else (changed,)
            output = self.forward(*inputs, **named)
            for handle in self._after:
                changed = handle.hook(self, inputs, output)
                output = output if changed is None else changed
            return output
        except HologradError as error:
            locate(error, self)
            raise
        finally:
            state.scope = outer

    def register_forward_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Calls `hook(module, inputs)` before each forward; what it returns replaces the inputs."""
        handle = Handle(self, "_before", hook)
        vars(self)["_before"] = (*self._before, handle)
        return handle

    def register_forward_hook(self, hook: Callable[..., Any]) -> Handle:
        """Calls `hook(module, inputs, output)` after each forward; what it returns replaces the
        output."""
        handle = Handle(self, "_after", hook)
        vars(self)["_after"] = (*self._after, handle)
        return handle

    # --- parts ---

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            self._register(name, value, PARAMETER)
        elif isinstance(value, Module):
            self._register(name, value, CHILD)
        else:
            role = self._roles.get(name)
            if role is not None and value is not None:
                _check_replacement(self, name, value, role)
            vars(self).pop("_kind", None)
            object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        vars(self)["_roles"] = {one: role for one, role in self._roles.items() if one != name}
        vars(self).pop("_names", None)

    def _register(self, name: str, value: Any, role: str) -> None:
        if not isinstance(name, str) or not name or "." in name:
            raise ArgumentError(
                f"{type(self).__name__} cannot have a {role} named {name!r}",
                why="names are joined by dots to paths such as layers.0.weight",
                instead="Write a name without dots.",
            )
        if hasattr(Module, name):
            raise ArgumentError(
                f"{type(self).__name__} cannot have a {role} named {name}",
                why=f"every module has a `{name}` already", instead="Choose another name.",
            )  # fmt: skip
        vars(self)[name] = value
        if self._roles.get(name) != role:
            vars(self)["_roles"] = {**self._roles, name: role}
        vars(self).pop("_names", None)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """The same as `self.name = param`; None keeps the place of one not used."""
        if param is not None and not isinstance(param, Parameter):
            raise ArgumentError(
                f"parameter {name} is a {type(param).__name__}", instead="Write nn.Parameter(data)."
            )
        self._register(name, param, PARAMETER)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """A tensor that belongs to the module and is not learned: statistics, masks.

        Change it by `self.name.assign(…)`, which a captured step sees too.

        Args:
            name: the attribute's name.
            tensor: the values, or None.
            persistent: whether it is part of `state_dict()`.
        """
        if tensor is not None and not isinstance(tensor, Tensor):
            raise ArgumentError(
                f"buffer {name} is a {type(tensor).__name__}", instead="Write hg.tensor(data)."
            )
        self._register(name, tensor, BUFFER if persistent else TEMPORARY)

    def add_module(self, name: str, module: Module | None) -> None:
        """The same as `self.name = module`, for names that are no Python names, such as "0"."""
        if module is not None and not isinstance(module, Module):
            raise ArgumentError(
                f"child {name} of {type(self).__name__} is a {type(module).__name__}, not a module",
                instead="Give an instance: nn.ReLU(), not nn.ReLU or a function.",
            )
        self._register(name, module, CHILD)

    def _own(self, *roles: str) -> Iterator[tuple[str, Any]]:
        """Names and values of what is registered here, without children's, and without None."""
        for name, role in self._roles.items():
            value = vars(self)[name]
            if role in roles and value is not None:
                yield name, value

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules that are attributes of this one, with their names."""
        seen: set[Module] = set()
        for name, child in self._own(CHILD):
            if child not in seen:
                seen.add(child)
                yield name, child

    def children(self) -> Iterator[Module]:
        """The modules that are attributes of this one."""
        return (child for _, child in self.named_children())

    def named_modules(
        self, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all below it, with their paths, each before its children."""
        seen: set[Module] = set()
        waiting: list[tuple[str, Module]] = [(prefix, self)]
        while waiting:
            path, module = waiting.pop()
            if module in seen and remove_duplicate:
                continue
            seen.add(module)
            yield path, module
            waiting += [(_join(path, name), child) for name, child in module._own(CHILD)][::-1]

    def modules(self) -> Iterator[Module]:
        """This module and all below it."""
        return (module for _, module in self.named_modules())

    def _named(
        self, roles: tuple[str, ...], prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        owners = self.named_modules(prefix, remove_duplicate) if recurse else [(prefix, self)]
        for path, module in owners:
            for name, tensor in module._own(*roles):
                if id(tensor) not in seen or not remove_duplicate:
                    seen.add(id(tensor))
                    yield _join(path, name), tensor

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters with their paths, such as `0.weight`; each once."""
        return self._named((PARAMETER,), prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module and of all below it; each once."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The buffers with their paths; each once."""
        return self._named((BUFFER, TEMPORARY), prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers of this module and of all below it; each once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """The module at a path such as "layers.0"; itself for "".

        Raises:
            ArgumentError: there is none; says what there is.
        """
        module = self
        for name in filter(None, target.split(".")):
            if module._roles.get(name) != CHILD:
                known = ", ".join(one for one, _ in module.named_children()) or "none"
                raise ArgumentError(
                    f"there is no module {target!r} in {type(self).__name__}",
                    why=f"the children of {kind_of(module)} are: {known}",
                )
            module = vars(module)[name]
        return module

    def _name_of(self, module: Module) -> str:
        """The path of a module below this one, "" where it is not below."""
        name = self._names.get(module)
        if name is None:
            # An ancestor's record goes stale when a list deep below grows: then it is made anew.
            vars(self)["_names"] = {one: path for path, one in list(self.named_modules())[::-1]}
            name = self._names.get(module, "")
        return name

    # --- what to do with all of them ---

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Calls `fn` with every module, children first; returns itself."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Self:
        """Whether layers that act differently in training (dropout, batch norm) do so; returns
        itself."""
        for module in self.modules():
            module.training = bool(mode)
        return self

    def eval(self) -> Self:
        """The same as `train(False)`."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Whether gradients with respect to the parameters are wanted; returns itself."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Takes away all parameters' gradients, or makes them zeros."""
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                parameter.grad = Tensor(leaf(np.zeros(parameter.shape, parameter.dtype)))

    def to(self, dtype: Any) -> Self:
        """All floating parameters and buffers as another kind of float; returns itself."""
        try:
            kind = np.dtype(bool if dtype is None else dtype)  # NumPy takes None for float64
        except TypeError:
            kind = np.dtype(bool)
        if kind not in (FLOAT32, FLOAT64):
            raise DtypeError(
                f"a module cannot be of {dtype}", why="its parameters are floats",
                instead="Write hg.float32 or hg.float64.",
            )  # fmt: skip
        for one in (*self.parameters(), *self.buffers()):
            if one.dtype.kind == "f" and one.dtype != kind:
                node = one.node
                value = one.value.astype(kind)
                one.become(leaf(value, requires_grad=node.requires_grad, name=node.name))
                one.grad = None if one.grad is None else one.grad.detach().to(kind)
        return self

    def float(self) -> Self:
        """The same as `to(hg.float32)`."""
        return self.to(FLOAT32)

    def double(self) -> Self:
        """The same as `to(hg.float64)`."""
        return self.to(FLOAT64)

    # --- state ---

    def state_dict(self) -> dict[str, Tensor]:
        """The parameters and persistent buffers as they are now, under their paths.

        Later changes of the module do not change it.
        """
        return {path: Tensor(leaf(one.value)) for path, one in self._stateful()}

    def _stateful(self) -> Iterator[tuple[str, Tensor]]:
        for path, module in self.named_modules(remove_duplicate=False):
            for role in (PARAMETER, BUFFER):
                for name, one in module._own(role):
                    yield _join(path, name), one

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> Keys:
        """Takes the values of a `state_dict`; all is checked before anything changes.

        Args:
            state_dict: tensors or arrays by their paths; PyTorch's are welcome.
            strict: whether missing and unexpected names are errors.

        Returns:
            The missing and the unexpected names, for `strict=False`.

        Raises:
            ModelError: names each parameter that does not fit, with both shapes.
        """
        own = dict(self._stateful())
        values, keys = fitting(type(self).__name__, own, state_dict, strict)
        with no_grad():
            for name, value in values.items():
                own[name].assign(value)
        return keys

    # --- text ---

    def extra_repr(self) -> str:
        """What stands in the parentheses of the printed form, as in PyTorch."""
        return ""

    def short_repr(self) -> str:
        """What stands in the parentheses of the kind in drawings and messages: `2 → 2`."""
        return ""

    def __repr__(self) -> str:
        lines = self.extra_repr().splitlines()
        children = [f"({name}): {child!r}" for name, child in self._own(CHILD)]
        if not children and len(lines) < 2:
            return f"{type(self).__name__}({''.join(lines)})"
        inside = textwrap.indent("\n".join(lines + children), "  ")
        return f"{type(self).__name__}(\n{inside}\n)"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _check_replacement(module: Module, name: str, value: Any, role: str) -> None:
    """What takes the place of a parameter, a buffer or a child must be of its kind."""
    if role in (CHILD, PARAMETER) or not isinstance(value, Tensor):
        right = {PARAMETER: "nn.Parameter(…)", CHILD: "nn.Linear(…)"}.get(role, "hg.tensor(…)")
        raise ArgumentError(
            f"{name} is a {role} of {type(module).__name__}, and cannot become a "
            f"{type(value).__name__}",
            instead=f"Write self.{name} = {right}, or give it new values: self.{name}.assign(…).",
        )
    if type(value.node.value) is Spec:
        raise CaptureError(
            f"a captured step replaced the buffer {name} of {type(module).__name__}",
            why="the new value would be lost when the step runs",
            instead=f"Write self.{name}.assign(value).",
        )
