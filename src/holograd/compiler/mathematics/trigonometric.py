"""sin, cos and tan, by minimax polynomials of the remainder of a quarter turn.

float lanes are computed in double: the result is rounded once, and almost always correctly.
"""

from __future__ import annotations

from holograd.compiler.mathematics.angle_reduction import reduced, reduced_for_single
from holograd.compiler.mathematics.bits import Lanes, polynomial

# (sin(r) - r)/r³ in z = r², for |r| ≤ π/4: relative errors of sin 2^-28 and 2^-56.
SINGLE_SINE_TAIL = (
    -0.16666654999421604,
    0.008332180631075803,
    -0.00019517558333284775,
)
DOUBLE_SINE_TAIL = (
    -0.16666666666666646,
    0.008333333333324967,
    -0.00019841269831492785,
    2.7557314192627694e-06,
    -2.5050826978604287e-08,
    1.5900364514178483e-10,
)
# (cos(r) - 1 + r²/2)/r⁴ in z = r², for |r| ≤ π/4: errors of cos 2^-33 and 2^-59.
SINGLE_COSINE_TAIL = (
    0.04166664711415346,
    -0.0013887377603766053,
    2.443944659712249e-05,
)
DOUBLE_COSINE_TAIL = (
    0.04166666666666666,
    -0.0013888888888884462,
    2.480158729571347e-05,
    -2.7557316080908264e-07,
    2.0875948589512946e-09,
    -1.1370838341369494e-11,
)


def sine(x: Lanes) -> Lanes:
    """sin x, with errors up to 0.6 ulp (float) and 0.8 ulp (double)."""
    quarters, sine, cosine = _sine_and_cosine(x)
    return _finished(x, _signed(_odd(quarters).choose(cosine, sine), quarters), x)


def cosine(x: Lanes) -> Lanes:
    """cos x, with errors up to 0.6 ulp (float) and 0.9 ulp (double)."""
    quarters, sine, cosine = _sine_and_cosine(x)
    return _finished(x, _signed(_odd(quarters).choose(sine, cosine), quarters + 1))


def tangent(x: Lanes) -> Lanes:
    """tan x, with errors up to 0.6 ulp (float) and 2.1 ulp (double)."""
    quarters, sine, cosine = _sine_and_cosine(x)
    odd = _odd(quarters)
    quotient = odd.choose(cosine, sine) / odd.choose(-sine, cosine)
    return _finished(x, quotient, x)


def _sine_and_cosine(x: Lanes) -> tuple[Lanes, Lanes, Lanes]:
    """n, sin r and cos r where |x| = n·π/2 + r, in double lanes."""
    if x.is_single:
        quarters, r = reduced_for_single(abs(x.widened()))
        z = r * r
        sine = (r * z).multiply_add(polynomial(z, SINGLE_SINE_TAIL), r)
        half = z.multiply_add(-0.5, 1.0)
        return quarters, sine, (z * z).multiply_add(polynomial(z, SINGLE_COSINE_TAIL), half)
    quarters, r, low = reduced(abs(x))
    z = r * r
    half = 0.5 * z
    sine = r + (r * z).multiply_add(polynomial(z, DOUBLE_SINE_TAIL), low - low * half)
    near_one = 1.0 - half
    tail = (z * z).multiply_add(polynomial(z, DOUBLE_COSINE_TAIL), -(r * low))
    return quarters, sine, near_one + (((1.0 - near_one) - half) + tail)


def _odd(quarters: Lanes) -> Lanes:
    return (quarters & 1).equals(1)


def _signed(number: Lanes, quarters: Lanes) -> Lanes:
    """`number`, negated where bit 1 of `quarters` is set: in the second half of a turn."""
    return (number.bits() ^ ((quarters & 2) << 62)).number()


def _finished(x: Lanes, result: Lanes, odd_in: Lanes | None = None) -> Lanes:
    """`result` in x's type, negated where `odd_in` is negative."""
    if x.is_single:
        result = result.narrowed()
    return result if odd_in is None else result.negated_with(odd_in)
