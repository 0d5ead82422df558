"""erf, from a polynomial of x² up to 1 and one of its distance from 1 above."""

from __future__ import annotations

from holograd.compiler.mathematics.bits import Lanes, polynomial
from holograd.compiler.mathematics.exponential import normal_exponential

# erf(x)/x - 1 in z = x², for |x| ≤ 1: absolute errors 2^-28 and 2^-55.
SINGLE_SMALL = (
    0.12837916612625122,
    -0.3761262595653534,
    0.11283598840236664,
    -0.026854446157813072,
    0.005189535208046436,
    -0.0008020847453735769,
    7.889125845395029e-05,
)
DOUBLE_SMALL = (
    0.12837916709551256,
    -0.37612638903183704,
    0.11283791670950788,
    -0.02686617064405041,
    0.005223977613104185,
    -0.0008548326236883485,
    0.00012055302107485284,
    -1.4924865438403565e-05,
    1.644890811293837e-06,
    -1.6219171537141685e-07,
    1.3763767730640673e-08,
    -7.873340679920939e-10,
)
# 1 - erf(2.5 + u) for |u| ≤ 1.5: absolute error 2^-26.6. From 4 on, erf rounds to 1.
SINGLE_LARGE = (
    0.00040695263305678964,
    -0.002178189344704151,
    0.005445676390081644,
    -0.00835171528160572,
    0.008622686378657818,
    -0.006109302863478661,
    0.0027973477263003588,
    -0.0005600643344223499,
    -0.0002584794128779322,
    0.0002703981881495565,
    -8.125741442199796e-05,
    -1.7681750250631012e-05,
    1.5768240700708702e-05,
    -5.093302206660155e-07,
    -8.961654316408385e-07,
)
# (1 - erf(x))·exp(x²) in t = (x - 3)/(x + 3) for 1 ≤ x ≤ 6: absolute error of erf 2^-55.8.
DOUBLE_LARGE = (
    0.1790011511813538,
    -0.3262335600459009,
    0.24560380166429635,
    -0.15011593634411521,
    0.07166585012433137,
    -0.024392327925555173,
    0.004270353566269673,
    0.0007131745529395384,
    -0.0005810936945707681,
    7.63921050632739e-05,
    0.00010295043288199384,
    1.520284810029309e-05,
)


def error_function(x: Lanes) -> Lanes:
    """2/√π·∫₀ˣ exp(-t²) dt, with errors up to 1.4 ulp (float) and 1.6 ulp (double).

    From 1 on, erf is 1 less a small number, whose absolute error counts: for float a polynomial,
    for double exp(-x²) times a polynomial of (x - 3)/(x + 3).
    """
    magnitude = abs(x)
    z = x * x
    bound = 4.0 if x.is_single else 6.0
    a = (magnitude > bound).choose(bound, magnitude)
    if x.is_single:
        small = polynomial(z, SINGLE_SMALL)
        large = 1.0 - polynomial(a - 2.5, SINGLE_LARGE)
    else:
        small = polynomial(z, DOUBLE_SMALL)
        t = (a - 3.0) / (a + 3.0)
        large = 1.0 - normal_exponential(-(a * a)) * polynomial(t, DOUBLE_LARGE)
    near = magnitude.multiply_add(small, magnitude)
    return (magnitude < 1.0).choose(near, large).with_sign_of(x)
