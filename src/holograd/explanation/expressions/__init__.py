"""Expressions that people type: expression, what is run; reader, what is allowed; spots, the mark
under what is not."""
