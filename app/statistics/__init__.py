"""Figures that are always right: declared once in `spec`, kept by generated triggers, checked by a recount."""
