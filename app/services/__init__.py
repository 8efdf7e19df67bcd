"""Writes: one function per verb of the office, inside `atomic()`."""
