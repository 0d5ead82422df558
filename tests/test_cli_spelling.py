"""Terminals without Unicode: signs are spelled, so that formulas can still be read."""

import os
import subprocess
import sys

from holograd.cli.spelling import spelled


def test_signs_that_a_terminal_lacks_are_spelled():
    assert spelled("∂F/∂w⁽¹⁾₁₂ = −0.5·x² × 10⁻³ … ✓") == "dF/dw^(1)12 = -0.5*x^2 * 10^-3 ... ok"
    assert spelled("é 한") == "e ?"


def test_an_explanation_in_ascii():
    done = subprocess.run(
        [sys.executable, "-m", "holograd", "explain", "1/(1+exp(-w*x))", "w=2", "x=1"],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "100"},
        capture_output=True,
        check=True,
    )
    text = done.stdout.decode("ascii")
    assert "dF/dv2 * x" in text and "-0.1050 * (-2)" in text
    assert "?" not in text
