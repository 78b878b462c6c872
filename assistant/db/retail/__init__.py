"""Queries on the built-in demo store, one file per family. They return the fact types of `tools.types`."""
