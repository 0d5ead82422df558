"""The drawing of a view, in the project's visual language.

layout: where everything stands, which is made of units (what is placed), cells (what a value
shows), sizes, rows, stacking (of brackets), wiring and places; draw: the picture, of gates and
numbers; table: the same in words.
"""
