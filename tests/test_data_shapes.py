"""The toy shapes lie on their documented curves, take their noise, and obey their seed."""

import numpy as np
import pytest

from holograd.data import blobs, circles, moons, sine, spirals
from holograd.errors import ArgumentError
from holograd.ops.random import Generator, default_generator

SHAPES = [moons, circles, spirals, blobs, sine]


@pytest.mark.parametrize("shape", SHAPES)
def test_same_seed_same_points(shape):
    first, again, other = shape(50, seed=3), shape(50, seed=3), shape(50, seed=4)
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())
    assert (first[0].numpy() != other[0].numpy()).any()


@pytest.mark.parametrize("shape", SHAPES)
def test_a_generator_moves_on_and_the_default_one_is_used_without(shape):
    generator = Generator(3)
    first, second = shape(50, generator=generator), shape(50, generator=generator)
    assert (first[0].numpy() != second[0].numpy()).any()
    np.testing.assert_array_equal(first[0].numpy(), shape(50, seed=3)[0].numpy())
    default_generator.manual_seed(3)
    np.testing.assert_array_equal(first[0].numpy(), shape(50)[0].numpy())


@pytest.mark.parametrize("shape", [moons, circles, spirals, blobs])
def test_points_and_labels(shape):
    points, labels = shape(101, seed=0)
    assert points.shape == (101, 2) and points.dtype == np.float32
    assert labels.shape == (101,) and labels.dtype == np.int64
    counts = np.bincount(labels.numpy())
    assert counts.max() - counts.min() <= 1


def test_moons_without_noise_are_half_circles():
    points, labels = moons(500, noise=0, seed=0)
    x, y = points.numpy().T
    upper = labels.numpy() == 0
    np.testing.assert_allclose(np.hypot(x, y)[upper], 1, atol=1e-6)
    np.testing.assert_allclose(np.hypot(x - 1, y - 0.5)[~upper], 1, atol=1e-6)
    assert (y[upper] >= 0).all() and (y[~upper] <= 0.5).all()
    assert np.ptp(x[upper]) > 1.9 and np.ptp(x[~upper]) > 1.9


def test_circles_without_noise_have_two_radii_and_all_directions():
    points, labels = circles(500, noise=0, factor=0.3, seed=0)
    radius = np.linalg.norm(points.numpy(), axis=1)
    np.testing.assert_allclose(radius, np.where(labels.numpy() == 0, 1, 0.3), atol=1e-6)
    x, y = points.numpy().T
    assert np.bincount((x > 0) + 2 * (y > 0)).min() > 90


@pytest.mark.parametrize(("classes", "turns"), [(2, 1.0), (3, 0.5), (4, 2.0)])
def test_spirals_without_noise_wind_as_documented(classes, turns):
    points, labels = spirals(300, noise=0, classes=classes, turns=turns, seed=0)
    plane = points.numpy() @ [1, 1j]
    t = (np.abs(plane) - 0.1) / 0.9
    assert t.min() >= -1e-6 and t.max() <= 1 + 1e-6 and np.ptp(t) > 0.9
    angle = 2 * np.pi * (turns * t + labels.numpy() / classes)
    np.testing.assert_allclose(plane / np.abs(plane), np.exp(1j * angle), atol=1e-5)


def test_blobs_scatter_around_their_centres():
    points, labels = blobs(40_000, noise=0.25, classes=4, seed=0)
    for label, centre in enumerate([(1, 0), (0, 1), (-1, 0), (0, -1)]):
        cloud = points.numpy()[labels.numpy() == label]
        # Five standard errors of a mean, of a standard deviation, and of a correlation.
        np.testing.assert_allclose(cloud.mean(0), centre, atol=5 * 0.25 / 100)
        np.testing.assert_allclose(cloud.std(0), 0.25, atol=5 * 0.25 / 141)
        assert abs(np.corrcoef(cloud.T)[0, 1]) < 5 / 100


def test_sine_is_a_regression_of_sin_with_normal_noise():
    x, y = sine(10_000, noise=0.1, seed=0)
    assert x.shape == y.shape == (10_000, 1) and x.dtype == y.dtype == np.float32
    assert np.abs(x.numpy()).max() <= np.float32(np.pi) and np.ptp(x.numpy()) > 6.2
    noise = (y.numpy() - np.sin(x.numpy()))[:, 0]
    assert abs(noise.mean()) < 5 * 0.1 / 100
    # A normal distribution has 68.27 % of its mass within one standard deviation, 95.45 % in two.
    assert abs((np.abs(noise) < 0.1).mean() - 0.6827) < 0.025
    assert abs((np.abs(noise) < 0.2).mean() - 0.9545) < 0.012


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: moons(1), "moons got samples=1"),
        (lambda: blobs(2.5), r"blobs got samples=2.5\. Write an integer"),  # type: ignore
        (lambda: sine(2.0), r"sine got samples=2.0\. Write an integer"),  # type: ignore
        (lambda: spirals(20, classes=2.5), "classes=2.5"),  # type: ignore
        (lambda: sine(0), "sine got samples=0"),
        (lambda: sine(-5), "sine got samples=-5"),
        (lambda: blobs(2, classes=3), "blobs got samples=2.*Write samples=300"),
        (lambda: spirals(10, classes=1), "spirals got classes=1.*Write classes=2"),
        (lambda: moons(10, noise=-0.1), "noise=-0.1.*Write noise=0"),
        (lambda: moons(10, noise=float("nan")), "noise=nan"),
        (lambda: circles(10, factor=1.0), "factor=1.0.*Write factor=0.5"),
        (lambda: moons(10, seed=1, generator=Generator(2)), "seed=1 and a generator"),
    ],
)
def test_misuse_says_what_to_write(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()
