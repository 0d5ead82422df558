"""Formulas: what steps compute, their slopes, and the chain rule, in four notations.

formula: the tree, its operators and simplifications; building: functions, conditions, sums,
matrices; evaluation: values for given numbers; notations, markup: text, Unicode, LaTeX, MathML;
rules, composites, derivations: from operations and functions to formulas and slopes; chains,
factors, paths: the chain rule along the way from one value to another.
"""
