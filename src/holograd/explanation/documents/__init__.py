"""Explanations as documents that other programs turn into pages: LaTeX, Markdown, Graphviz."""

from holograd.explanation.documents.graphviz import dot
from holograd.explanation.documents.latex import tex
from holograd.explanation.documents.markdown_tables import markdown

__all__ = ["dot", "markdown", "tex"]
