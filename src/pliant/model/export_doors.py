"""How a model leaves pliant: files that other programs predict with."""

import os
from typing import Any


class ExportDoors:
    """Doors of `Fitted` to `export`."""

    def to_onnx(self: Any, path: str | os.PathLike[str], precision: str = "float32", table: object = None) -> Any:
        """Write an ONNX file that predicts what `predict` does: columns in, prediction out.

        Inside are the transforms of the formula, the levels, what fills missing values, the units of training, the
        network and the inverse link. The file is run by onnxruntime before it takes its name, and is written whole,
        if its predictions are those of the model, or not at all.

        Parameters
        ----------
        path : path
            By custom ending in `.onnx`. What stood there is replaced.
        precision : {"float32", "float64"}
            The type of the numbers that go in and come out. Between them all is float64.
        table : frame, dict of arrays or path, optional
            Rows to check the file with. By default those of the training; a model from a file, which holds none, is
            asked for rows that are drawn from what it knows of its columns.

        Returns
        -------
        Check
            `rows`, how many were asked; `largest`, the largest difference, as a share of the number and the spread
            of its column.

        Raises
        ------
        MissingExtraError
            If onnx or onnxruntime is not installed; says how.
        ArgumentError
            If the file cannot be written.
        InputError
            If a part of the formula cannot be written, or the file does not predict what the model does.

        Notes
        -----
        One input a column that the formula reads, (rows, 1): a number is a float or double tensor, missing if it is
        NaN; a date the days since 1970-01-01; a factor is a tensor of texts, missing if it is empty or NA. The outputs
        are `prediction` (rows, q), the mean; of classes `prediction` (rows,), the texts of the likeliest, and
        `probabilities` (rows, C). What `predict` refuses with an error (an unknown level, log(-1), an infinite number)
        is predicted as missing: NaN, and an empty text for a class.
        """
        from pliant.export import write_onnx

        return write_onnx(self, path, precision, table)

    def to_torch_file(self: Any, path: str | os.PathLike[str], precision: str = "float32", table: object = None) -> Any:
        """Write a file that torch opens without pliant, `torch.export.load(path).module()`: columns in, prediction out.

        As `to_onnx`, but for texts, which torch does not have. The module takes one dictionary of tensors (rows, 1) by
        the names of the columns: numbers, and of a factor the place of its level, from 0, in the list that the file
        holds (int64; -1 is missing). It gives a dictionary: `prediction` (rows, q); of classes `prediction` (rows,),
        the place of the likeliest (the number of classes where there is none), and `probabilities` (rows, C).

        Parameters
        ----------
        path : path
            By custom ending in `.pt2`. What stood there is replaced.
        precision : {"float32", "float64"}
            The type of the numbers that go in and come out. Between them all is float64.
        table : frame, dict of arrays or path, optional
            Rows to check the file with; see `to_onnx`.

        Returns
        -------
        Check

        Raises
        ------
        MissingExtraError
            If torch is not installed; says how.
        ArgumentError
            If the file cannot be written.
        InputError
            If a part of the formula cannot be written, or the file does not predict what the model does.
        """
        from pliant.export import write_torch

        return write_torch(self, path, precision, table)
