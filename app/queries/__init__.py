"""Reads: one function per list or figure."""
