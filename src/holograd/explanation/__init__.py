"""The glass box: every number of the forward and the backward pass, at any zoom.

To be read in this order:

- records: values, steps and views, which everything else makes or reads
- symbols: their names; escaping: text as LaTeX, Markdown and Graphviz take it
- trace: the contributions and gradients of a graph; rounding: which of them rounding left of 0
- unfolding: definitions in place of primitives
- grouping, folding, labels, brackets: the views of tensors
- scalars, pairs, neurons: the views of single numbers
- codes, naming, lookup: names for people; checking: finite differences
- levels: all views of one graph; explanation: `explain` and what it returns

Its readers, none of which knows another's inside, are the folders: formulas (symbols, slopes, the
chain rule), words (sentences in English and Korean), terminal, drawing, documents (LaTeX, Markdown,
Graphviz), page (JSON and HTML), and expressions (formulas that people type). saving: files of all
kinds.
"""

from holograd.explanation.explanation import Explanation, explain

__all__ = ["Explanation", "explain"]
