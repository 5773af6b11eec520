"""Write a model to a file that other programs predict with: ONNX, and torch."""

from pliant.export.check import Check
from pliant.export.write import write_onnx, write_torch

__all__ = ["Check", "write_onnx", "write_torch"]
