"""Toy data in the plane, and a noisy sine: small enough to draw, hard enough to need a network.

Each point takes a position t, uniform over (0, 1), on the curve of its class, and is then moved by
normal noise, of standard deviation `noise` in each coordinate. Point i belongs to class i modulo
the number of classes, so that every slice of the rows is a fair sample.
"""

from __future__ import annotations

import numpy as np

from holograd.creation import from_numpy
from holograd.errors import ArgumentError
from holograd.ops.random import Generator, default_generator, normal, uniform
from holograd.ops.table import FLOAT64
from holograd.tensor import Tensor


def moons(
    samples: int = 200,
    noise: float = 0.1,
    *,
    seed: int | None = None,
    generator: Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """Two half circles that reach into each other.

    Class 0: (cos πt, sin πt). Class 1: (1 − cos πt, ½ − sin πt).

    Args:
        samples: the number of points, at least 2.
        noise: the standard deviation added to both coordinates.
        seed: makes the same points each time; without it `generator` or the default generator.
        generator: where the random numbers come from.

    Returns:
        The points, (samples, 2) float32, and their classes 0 and 1, (samples,) int64.

    Raises:
        ArgumentError: too few samples, a negative noise, or both seed and generator.

    Example:
        >>> points, labels = moons(100, seed=0)
        >>> points.shape, labels.numpy().tolist()[:4]
        ((100, 2), [0, 1, 0, 1])
    """
    _check("moons", samples, noise, least=2)
    chance = _generator(seed, generator)
    label, angle = np.arange(samples) % 2, np.pi * _positions(samples, chance)
    x = np.where(label == 0, np.cos(angle), 1 - np.cos(angle))
    y = np.where(label == 0, np.sin(angle), 0.5 - np.sin(angle))
    return _points(x, y, noise, chance), from_numpy(label)


def circles(
    samples: int = 200,
    noise: float = 0.05,
    *,
    factor: float = 0.5,
    seed: int | None = None,
    generator: Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """A circle inside a circle.

    Class 0: (cos 2πt, sin 2πt). Class 1: the same times `factor`.

    Args:
        samples: the number of points, at least 2.
        noise: the standard deviation added to both coordinates.
        factor: the inner circle's radius, between 0 and 1.
        seed: makes the same points each time; without it `generator` or the default generator.
        generator: where the random numbers come from.

    Returns:
        The points, (samples, 2) float32, and their classes 0 and 1, (samples,) int64.

    Raises:
        ArgumentError: too few samples, a negative noise, a factor outside (0, 1), or both seed and
            generator.

    Example:
        >>> points, labels = circles(4, noise=0, seed=0)
        >>> np.linalg.norm(points.numpy(), axis=1).round(3).tolist()
        [1.0, 0.5, 1.0, 0.5]
    """
    _check("circles", samples, noise, least=2)
    if not 0 < factor < 1:
        raise ArgumentError(
            f"circles got factor={factor}",
            why="the inner circle's radius lies between 0 and the outer one's, which is 1",
            instead="Write factor=0.5.",
        )
    chance = _generator(seed, generator)
    label, angle = np.arange(samples) % 2, 2 * np.pi * _positions(samples, chance)
    radius = np.where(label == 0, 1.0, factor)
    return _points(radius * np.cos(angle), radius * np.sin(angle), noise, chance), from_numpy(label)


def spirals(
    samples: int = 200,
    noise: float = 0.02,
    *,
    classes: int = 2,
    turns: float = 1.0,
    seed: int | None = None,
    generator: Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """Arms that wind around each other out of the middle.

    Class k of K: radius r = 0.1 + 0.9 t at the angle 2π (turns · t + k / K).

    Args:
        samples: the number of points, at least one a class.
        noise: the standard deviation added to both coordinates.
        classes: the number of arms, at least 2.
        turns: how often an arm winds around the middle; more is harder.
        seed: makes the same points each time; without it `generator` or the default generator.
        generator: where the random numbers come from.

    Returns:
        The points, (samples, 2) float32, and their classes 0 .. K − 1, (samples,) int64.

    Raises:
        ArgumentError: too few samples or classes, a negative noise, or both seed and generator.

    Example:
        >>> points, labels = spirals(300, classes=3, seed=0)
        >>> points.shape, labels.numpy().tolist()[:4]
        ((300, 2), [0, 1, 2, 0])
    """
    _check_classes("spirals", classes)
    _check("spirals", samples, noise, least=classes)
    chance = _generator(seed, generator)
    label, t = np.arange(samples) % classes, _positions(samples, chance)
    radius, angle = 0.1 + 0.9 * t, 2 * np.pi * (turns * t + label / classes)
    return _points(radius * np.cos(angle), radius * np.sin(angle), noise, chance), from_numpy(label)


def blobs(
    samples: int = 200,
    noise: float = 0.25,
    *,
    classes: int = 3,
    seed: int | None = None,
    generator: Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """Round clouds, their centres evenly spaced on the unit circle.

    Class k of K: centre (cos 2πk/K, sin 2πk/K), and normal noise around it.

    Args:
        samples: the number of points, at least one a class.
        noise: the standard deviation of a cloud in each coordinate.
        classes: the number of clouds, at least 2.
        seed: makes the same points each time; without it `generator` or the default generator.
        generator: where the random numbers come from.

    Returns:
        The points, (samples, 2) float32, and their classes 0 .. K − 1, (samples,) int64.

    Raises:
        ArgumentError: too few samples or classes, a negative noise, or both seed and generator.

    Example:
        >>> points, labels = blobs(4, noise=0, classes=4, seed=0)
        >>> abs(points.numpy()).round(3).tolist()
        [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    """
    _check_classes("blobs", classes)
    _check("blobs", samples, noise, least=classes)
    chance = _generator(seed, generator)
    label = np.arange(samples) % classes
    angle = 2 * np.pi * label / classes
    return _points(np.cos(angle), np.sin(angle), noise, chance), from_numpy(label)


def sine(
    samples: int = 200,
    noise: float = 0.1,
    *,
    seed: int | None = None,
    generator: Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """A curve to fit: y = sin x + noise, with x uniform over (−π, π).

    Args:
        samples: the number of points, at least 1.
        noise: the standard deviation added to y.
        seed: makes the same points each time; without it `generator` or the default generator.
        generator: where the random numbers come from.

    Returns:
        x, (samples, 1) float32, and y, (samples, 1) float32.

    Raises:
        ArgumentError: too few samples, a negative noise, or both seed and generator.

    Example:
        >>> x, y = sine(100, noise=0, seed=0)
        >>> x.shape, bool(np.allclose(np.sin(x.numpy()), y.numpy()))
        ((100, 1), True)
    """
    _check("sine", samples, noise, least=1)
    chance = _generator(seed, generator)
    x = np.pi * (2 * _positions(samples, chance) - 1)
    y = np.sin(x) + noise * _noise((samples,), chance)
    return from_numpy(x[:, None].astype(np.float32)), from_numpy(y[:, None].astype(np.float32))


def _generator(seed: int | None, generator: Generator | None) -> Generator:
    """A new generator for `seed`, else `generator`, else the default one."""
    if seed is None:
        return generator or default_generator
    if generator is not None:
        raise ArgumentError(
            f"both seed={seed} and a generator were given",
            why="each alone decides every random number",
            instead="Give one of them.",
        )
    return Generator(seed)


def _positions(samples: int, chance: Generator) -> np.ndarray:
    """(samples,) float64: a t for each point, uniform over [0, 1)."""
    return uniform((samples,), FLOAT64, chance).value


def _noise(shape: tuple[int, ...], chance: Generator) -> np.ndarray:
    """float64 of the given shape, standard normal."""
    return normal(shape, FLOAT64, chance).value


def _points(x: np.ndarray, y: np.ndarray, noise: float, chance: Generator) -> Tensor:
    """(n, 2) float32: the coordinates side by side, moved by noise."""
    exact = np.stack([x, y], axis=1)
    moved = exact + noise * _noise(exact.shape, chance)
    return from_numpy(moved.astype(np.float32))


def _check(name: str, samples: int, noise: float, least: int) -> None:
    """`least` is the fewest points that the shape takes: one a class."""
    _check_whole(name, "samples", samples)
    if samples < least:
        raise ArgumentError(
            f"{name} got samples={samples}",
            why=f"each of its {least} classes takes a point" if least > 1 else "it makes points",
            instead=f"Write samples={100 * least}.",
        )
    if not noise >= 0:
        raise ArgumentError(
            f"{name} got noise={noise}",
            why="noise is a standard deviation, 0 or more",
            instead="Write noise=0 for none.",
        )


def _check_whole(name: str, what: str, count: int) -> None:
    if isinstance(count, bool) or not isinstance(count, int | np.integer):
        raise ArgumentError(f"{name} got {what}={count!r}", instead="Write an integer.")


def _check_classes(name: str, classes: int) -> None:
    _check_whole(name, "classes", classes)
    if classes < 2:
        raise ArgumentError(
            f"{name} got classes={classes}",
            why="there is nothing to tell apart",
            instead="Write classes=2.",
        )
