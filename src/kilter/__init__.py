"""Kilter: the one system of a hospital's clinical-technology department."""

__version__ = "0.1.0"
