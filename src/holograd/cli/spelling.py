"""What is printed where a terminal's encoding lacks a sign: ∂F/∂w as dF/dw, w·x as w*x."""

from __future__ import annotations

import codecs
import unicodedata

SIGNS = {
    "×": "*", "·": "*", "∗": "*", "⊙": "*", "÷": "/", "−": "-", "–": "-", "∂": "d", "σ": "sigma",
    "Σ": "sum", "√": "sqrt", "→": "->", "←": "<-", "…": "...", "✓": "ok", "≠": "!=", "≤": "<=",
    "≥": ">=", "∞": "inf", "ᵀ": "^T", "█": "#", "▓": "#", "▒": "+", "░": ".",
}  # fmt: skip
NAME = "holograd-spelled"


def spelled(text: str) -> str:
    """Signs in ASCII; a question mark for what has no spelling.

    Example:
        >>> spelled("∂F/∂w₁ = x²")
        'dF/dw1 = x^2'
    """
    written, raised = [], False
    for sign in text:
        above = unicodedata.decomposition(sign).startswith("<super>")
        written.append("^" * (above and not raised) + _spelled(sign))
        raised = above
    return "".join(written)


def _spelled(sign: str) -> str:
    if sign.isascii():
        return sign
    if sign in SIGNS:
        return SIGNS[sign]
    plain = unicodedata.normalize("NFKD", sign).replace("−", "-")
    return plain.encode("ascii", "ignore").decode() or "?"


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return spelled(error.object[error.start : error.end]), error.end


codecs.register_error(NAME, _replace)
