"""Explanations for other front ends: facts, the JSON that schema.json describes, and the page.

The page's script is built from web/ into static/, by `make web`. curves: what it draws of functions
of one number; sameness: whether two levels show the same.
"""
