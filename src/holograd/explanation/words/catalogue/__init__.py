"""The catalogue of texts: an entry a key, English first and Korean second."""

from holograd.explanation.words.catalogue.documents import DOCUMENTS
from holograd.explanation.words.catalogue.interface import INTERFACE
from holograd.explanation.words.catalogue.names import NAMES
from holograd.explanation.words.catalogue.page import PAGE
from holograd.explanation.words.catalogue.steps import STEPS

TEXTS: dict[str, tuple[str, str]] = {**INTERFACE, **STEPS, **PAGE, **DOCUMENTS}

__all__ = ["NAMES", "TEXTS"]
