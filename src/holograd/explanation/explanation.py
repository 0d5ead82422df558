"""`explain`, and the explanation that it returns: the place where all readers of it are reached."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holograd import graph
from holograd.eager import Cast
from holograd.errors import ArgumentError, GradientError, ShapeError
from holograd.explanation.levels import Levels
from holograd.explanation.lookup import find_value
from holograd.explanation.records import LEVELS, Step, Value, View
from holograd.explanation.words.texts import checked
from holograd.graph import Node, topological
from holograd.nn.module import Module
from holograd.tensor import Tensor, enable_grad

if TYPE_CHECKING:
    from rich.console import RenderableType

    from holograd.explanation.formulas.paths import Path as ChainPath
    from holograd.pictures import Picture

ENDINGS = (".svg", ".png", ".pdf", ".html", ".tex", ".json", ".dot", ".md")


Note = tuple[str, Mapping[str, Any]]


class Explanation:
    """Every number of one forward and one backward pass, at a zoom level.

    Attributes:
        view: the steps and values at this zoom; `view.level` may be above the level asked for,
            where that has more than 2,000 steps.
        title: what is explained, for headings; may be empty.
        notes: what is to be known besides: keys of the texts' catalogue with their values.

    Example:
        >>> import holograd as hg
        >>> w, x, b = (hg.tensor(one, requires_grad=True) for one in (3.0, 2.0, 1.0))
        >>> explanation = hg.explain(w * x + b, names={"w": w, "x": x, "b": b})
        >>> print(explanation.path("w"))
        ∂F/∂w = ∂F/∂v₁ · ∂v₁/∂w
              = 1 · x
              = 1 · 2
              = 2
    """

    def __init__(
        self,
        levels: Levels,
        level: str,
        title: str = "",
        checks: bool = False,
        notes: Sequence[Note] = (),
    ):
        self._levels, self._level, self.title, self.checks = levels, level, title, checks
        self.notes = tuple(notes)

    def noted(self, notes: Sequence[Note]) -> Explanation:
        """The same with notes to be shown under the headline."""
        return Explanation(self._levels, self._level, self.title, self.checks, notes)

    # --- zoom levels ---

    @property
    def view(self) -> View:
        """The steps and values at this zoom."""
        return self.view_of(self._level)

    def view_of(self, level: str) -> View:
        """The steps and values at another zoom level.

        Raises:
            ArgumentError: there is no such level; or, with the check column, too many numbers.
        """
        check_level(level)
        return self._levels.check(level) if self.checks else self._levels.view(level)

    def zoom(self, level: str) -> Explanation:
        """The same numbers at another level: model, layer, function, primitive or scalar.

        Raises:
            ArgumentError: there is no such level.
        """
        check_level(level)
        return Explanation(self._levels, level, self.title, self.checks, self.notes)

    @property
    def levels(self) -> dict[str, int]:
        """How many steps each level has, or would have: at most 2,000 are shown."""
        return self._levels.counts

    def fits(self, level: str) -> bool:
        """Whether a level has few enough steps to be shown."""
        check_level(level)
        return self._levels.fits(level)

    def views(self) -> list[View]:
        """All levels that can be shown, from the model inwards, with `step.parts` set."""
        views = self._levels.linked()
        for view in views if self.checks else ():
            with suppress(ArgumentError):  # a deeper level may have too many numbers to move
                self._levels.check(view.level)
        return views

    def checked(self) -> Explanation:
        """The same with the gradient by finite differences beside that by rules, for every number.

        Raises:
            ArgumentError: there are more than 4,000 numbers to move.
        """
        found = Explanation(self._levels, self._level, self.title, True, self.notes)
        _ = found.view
        return found

    # --- steps and values ---

    @property
    def forward(self) -> Sequence[Step]:
        """The steps of the forward pass in order."""
        return self.view.steps

    @property
    def backward(self) -> Sequence[Step]:
        """The steps of the backward pass in order: those that something flows back through."""
        return backward_steps(self.view)

    @property
    def output(self) -> Value:
        """The number that is explained."""
        return self.view.output

    def value(self, name: str) -> Value:
        """A value by the name that it goes by: `z`, `W1`, `layers.0.weight`, `w1_12`, `h₂`.

        It is looked for in this view first, and then among the single numbers.

        Raises:
            ArgumentError: nothing goes by that name; says what comes near.
        """
        return self._find(name)[1]

    def node_of(self, view: View, value: Value) -> tuple[Node, int | None]:
        """The engine's node that a value stands for, and at scalar zoom the place of its number.

        A number inside of a definition or a sum of products has a node that the engine never made.
        """
        return self._levels.node_of(view, value)

    def may_be_no_input(self, view: View, value: Value) -> bool:
        """Whether a value called x₁, x₂, … may have been made by the model's own code."""
        return self.node_of(view, value)[0] in self._levels.names.doubtful

    def _find(self, name: str) -> tuple[View, Value]:
        views = [self.view, self._levels.neurons]
        return find_value([view for view in views if view is not None], name)

    def path(self, from_: str, to: str | None = None) -> ChainPath:
        """The chain rule from one value to another: one chain, or the sum over all of them.

        Args:
            from_: the name of the value that the derivative is taken by.
            to: the name of the value whose derivative it is; None takes the output.

        Raises:
            ArgumentError: a name is unknown, or the one does not depend on the other.
        """
        from holograd.explanation.formulas.paths import trace_paths

        view, source = self._find(from_)
        if to is None:
            return trace_paths(view, source, view.output)
        other, target = self._find(to)
        if other is not view:  # one of them is a single number: both are then looked for there
            view = other if view is self.view else view
            source, target = (find_value([view], name)[1] for name in (from_, to))
        return trace_paths(view, source, target)

    # --- readers ---

    def table(self, lang: str = "en") -> RenderableType:
        """Both passes as a table for a terminal, to be printed by `rich`."""
        from holograd.explanation.terminal.table import table

        return table(self.view, checked(lang))

    def show(self, lang: str = "en") -> None:
        """Prints the table."""
        from rich.console import Console

        Console().print(self.table(lang))

    def walk(self, lang: str = "en") -> None:
        """Goes through both passes step by step in the terminal, by single keys."""
        from holograd.explanation.terminal.walking import walk

        walk(self, checked(lang))

    def picture(self, turned: bool = False) -> Picture:
        """The computational graph as a picture; `turned` from top to bottom, for phones."""
        from holograd.explanation.drawing.draw import draw

        return draw(self.view, turned=turned)

    def to_dict(self) -> dict[str, Any]:
        """All levels as plain data, by the schema in `holograd/explanation/page/schema.json`."""
        from holograd.explanation.page.facts import facts

        return facts(self)

    def save(self, path: str | PathLike[str], lang: str = "en") -> None:
        """Writes the explanation into a file of the kind that its ending names.

        Args:
            path: ends in .svg, .png, .pdf (the picture), .html (a page that needs nothing else),
                .tex, .md (tables and formulas), .json (for other programs) or .dot (Graphviz).
                An older file is replaced when the new one is complete.
            lang: "en" or "ko", the language of sentences.

        Raises:
            ArgumentError: another ending or language.
            DataError: the file cannot be written.
        """
        from holograd.explanation.saving import save

        save(self, Path(path), checked(lang))

    def _repr_html_(self) -> str:
        from holograd.explanation.page.page import fragment

        return fragment(self, "en")

    def __repr__(self) -> str:
        view = self.view
        output = view.output
        return (
            f"Explanation({output.symbol.text} = {output.array.reshape(-1)[0]:.6g}; "
            f"{view.level} level, {len(view.steps)} steps)"
        )


def explain(
    output: Any,
    *,
    index: int | Sequence[int] | None = None,
    names: Mapping[str, Any] | None = None,
    zoom: str = "function",
    check: bool = False,
    title: str = "",
) -> Explanation:
    """Shows how one number came about, and how it depends on everything that went into it.

    Args:
        output: what was computed from tensors with `requires_grad`, and not yet detached: a loss,
            or any other tensor.
        index: where `output` has several numbers, the one to explain, counted from 0.
        names: names for tensors: {"w": w}. Tensors that the caller's variables hold go by these
            names otherwise, and a model's parameters by theirs; those of several models with the
            variable that holds the model in front, as `encoder.weight`.
        zoom: "model", "layer", "function", "primitive" or "scalar". Where a level has more than
            2,000 steps, the deepest one that fits is shown, and says so.
        check: whether to compute every gradient by finite differences too.
        title: a heading.

    Raises:
        ShapeError: several numbers and no index, or an index outside.
        GradientError: nothing with `requires_grad` went into `output`.
        ArgumentError: an unknown zoom level or name, or a graph too large at every level.

    Example:
        >>> import holograd as hg
        >>> w, x, b = (hg.tensor(one, requires_grad=True) for one in (3.0, 2.0, 1.0))
        >>> F = w * x + b
        >>> explanation = hg.explain(F)
        >>> [step.label for step in explanation.forward]
        ['×', '+ b']
        >>> float(explanation.value("w").gradient)
        2.0
    """
    check_level(zoom)
    if not isinstance(output, Tensor):
        raise ArgumentError(
            f"explain takes a tensor, and got {type(output).__name__}",
            instead="Write hg.explain(loss), with what the model or the expression gave.",
        )
    given, frame = _given_names(names), sys._getframe(1)
    node = _chosen(output, index).node
    if not node.requires_grad or node.operation is None:
        raise GradientError(
            "there is nothing to explain: no operation on a tensor with requires_grad made this",
            why="results under no_grad() and detached tensors do not remember how they were made",
            instead="Make the inputs with requires_grad=True, or call the model outside of "
            "no_grad().",
        )
    nodes, variables = topological([node]), _variables(frame)
    given, variables = (_with_casts(known, nodes) for known in (given, variables))
    levels = Levels(nodes, given, variables, _models(frame))
    explanation = Explanation(levels, zoom, title)
    return explanation.checked() if check else explanation


def backward_steps(view: View) -> list[Step]:
    """The steps of a view that something flows back through, in the order of the backward pass."""
    return [
        step
        for step in reversed(view.steps)
        if any(one.contribution is not None for one in step.arguments)
    ]


def check_level(level: str) -> str:
    """Raises ArgumentError where there is no such zoom level."""
    if level not in LEVELS:
        raise ArgumentError(
            f"there is no zoom level {level!r}", instead=f"The levels are {', '.join(LEVELS)}."
        )
    return level


def _chosen(output: Tensor, index: int | Sequence[int] | None) -> Tensor:
    """The one number to explain."""
    if index is None:
        if output.numel() == 1:
            return output
        last = tuple(extent - 1 for extent in output.shape)
        raise ShapeError(
            f"explain takes one number, and got a tensor of shape {output.shape}",
            why="each of its numbers has a backward pass of its own",
            instead=f"Write hg.explain(…, index={last}), or explain its sum or a loss.",
        )
    place = tuple(index) if isinstance(index, tuple | list) else (index,)
    if not output.shape:
        raise ShapeError(f"index={index} of one number", instead="Leave the index out.")
    with enable_grad(), graph.scope("element"):
        try:
            chosen = output[place]
        except IndexError as error:
            raise ShapeError(f"index={index} is outside of shape {output.shape}") from error
    if chosen.numel() != 1:
        raise ShapeError(
            f"index={index} leaves shape {chosen.shape} of {output.shape}",
            instead=f"Give {output.ndim} numbers, one a dimension.",
        )
    return chosen


def _given_names(names: Mapping[str, Any] | None) -> dict[Node, str]:
    """The user's names for nodes."""
    found: dict[Node, str] = {}
    for name, tensor in (names or {}).items():
        if not isinstance(tensor, Tensor):
            raise ArgumentError(
                f"names[{name!r}] is {type(tensor).__name__}", instead='Write names={"w": w}.'
            )
        if not (isinstance(name, str) and name.strip()):
            raise ArgumentError(f"{name!r} is no name", instead='Write names={"w": w}.')
        found[tensor.node] = name
    return found


def _variables(frame: Any) -> dict[Node, str]:
    """The names of the caller's variables that hold tensors; `loss` is L."""
    found: dict[Node, str] = {}
    for name, one in _held(frame):
        if isinstance(one, Tensor):
            found.setdefault(one.node, "L" if name == "loss" else name)
    return found


def _with_casts(names: Mapping[Node, str], nodes: Sequence[Node]) -> dict[Node, str]:
    """Also the names of what stands for a tensor in a graph that takes it in another dtype."""
    casts: dict[Node, list[Node]] = {}
    for node in nodes:
        source = node
        while type(source) is Cast:
            source = source.source
        if source in names and node not in names:
            casts.setdefault(source, []).append(node)
    found = dict(names)
    for source, several in casts.items():
        alone = len(several) == 1 and source not in nodes
        for number, node in enumerate(several, start=1):
            found[node] = names[source] if alone else f"{names[source]}_{number}"
    return found


def _models(frame: Any) -> dict[str, Module]:
    """The caller's variables that hold modules."""
    found: dict[str, Module] = {}
    for name, one in _held(frame):
        if isinstance(one, Module):
            found.setdefault(name, one)
    return found


def _held(frame: Any) -> Iterator[tuple[str, Any]]:
    """The caller's variables, the nearer ones first."""
    for variables in (frame.f_locals, frame.f_globals):
        for name, one in list(variables.items()):
            if not name.startswith("_"):
                yield name, one
