"""Derivatives of whole functions against JAX: gradient, Jacobian, Hessian, directional."""

from types import SimpleNamespace

import numpy as np
import pytest

import holograd as hg
from conftest import optional_peer
from holograd.ops.table import FUNCTIONS

pytestmark = pytest.mark.peer
jax = optional_peer("jax")
jax.config.update("jax_enable_x64", True)

OURS = SimpleNamespace(**FUNCTIONS)
THEIRS = SimpleNamespace(**{name: getattr(jax.numpy, name, None) for name in FUNCTIONS})
THEIRS.var = lambda x, axis: jax.numpy.var(x, axis, ddof=1)
THEIRS.std = lambda x, axis: jax.numpy.std(x, axis, ddof=1)
ROWS = np.array([0, 2, 2])


def mixture(m, x):
    return m.sum(m.tanh(m.matmul(x, x)) * m.exp(-m.abs(x)) + m.sin(x) / (1 + x * x))


def statistics(m, x):
    return m.sum(m.var(x, 0) * m.std(x, 1)) + m.prod(x[0]) + m.sum(m.cumprod(x, 1))


def shares(m, x):
    logits = m.matmul(x, x) - m.max(x)
    return -m.sum(logits[0] - m.log(m.sum(m.exp(logits), 1)))


def picks(m, x):
    return m.sum(m.where(x > 0, x**3, m.exp(x))[1:, ROWS]) * m.sum(x[::2]) ** 2


def close(one, two):
    np.testing.assert_allclose(one.numpy(), two, 1e-9, 1e-10)


@pytest.mark.parametrize("function", [mixture, statistics, shares, picks])
def test_derivatives_equal_jax(function):
    generator = np.random.default_rng(5)
    x, direction = generator.uniform(-2, 2, (3, 3)), generator.uniform(-2, 2, (3, 3))

    def here(value):
        return function(OURS, value)

    def there(value):
        return function(THEIRS, value)

    ours = hg.tensor(x)
    close(here(ours), there(x))
    close(hg.grad(here)(ours), jax.grad(there)(x))
    close(hg.hessian(here)(ours), jax.hessian(there)(x))
    close(hg.jacobian(hg.grad(here))(ours), jax.jacobian(jax.grad(there))(x))
    close(hg.jvp(here, [ours], [hg.tensor(direction)])[1], jax.jvp(there, (x,), (direction,))[1])
