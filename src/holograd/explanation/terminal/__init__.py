"""Explanations in a terminal: table, both passes at once; walking, one step at a time."""
