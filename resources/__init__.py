"""Data that the program reads: station templates, tables of facts, icons."""
