"""The version, known here alone."""

__version__ = "0.1.0"
