"""Wrappers around ports that make the outside worse than it is."""
