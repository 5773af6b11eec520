"""Contrasts against R's definitions, written out, and against patsy."""

import numpy as np
import patsy
import pytest

from pliant.data.contrasts import contrast_matrix
from pliant.errors import ArgumentError

LEVELS = ("a", "b", "c", "d")


def test_treatment_leaves_the_reference_out():
    contrast = contrast_matrix(LEVELS, "treatment", 1)
    assert contrast.matrix.tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert contrast.labels == ("T.a", "T.c", "T.d")
    assert contrast.r_labels == ("a", "c", "d")


def test_full_has_a_column_a_level():
    contrast = contrast_matrix(LEVELS, "full")
    assert contrast.matrix.tolist() == np.eye(4).tolist()
    assert contrast.labels == contrast.r_labels == LEVELS


def test_sum_and_helmert_are_those_of_r():
    contrast = contrast_matrix(LEVELS, "sum")
    assert contrast.matrix.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, -1, -1]]
    assert contrast.labels == ("S.a", "S.b", "S.c")
    assert contrast.r_labels == ("1", "2", "3")
    contrast = contrast_matrix(LEVELS, "helmert")
    assert contrast.matrix.tolist() == [[-1, -1, -1], [1, -1, -1], [0, 2, -1], [0, 0, 3]]
    assert contrast.labels == ("H.b", "H.c", "H.d")
    assert contrast.r_labels == ("1", "2", "3")


def test_poly_is_orthonormal_with_the_names_of_r():
    contrast = contrast_matrix(LEVELS, "poly")
    linear, quadratic, cubic = (
        np.array([-3, -1, 1, 3]) / 20**0.5,
        np.array([1, -1, -1, 1]) / 2,
        np.array([-1, 3, -3, 1]) / 20**0.5,
    )
    assert np.allclose(contrast.matrix, np.column_stack([linear, quadratic, cubic]), atol=1e-14)
    assert contrast.labels == contrast.r_labels == (".L", ".Q", ".C")
    assert contrast_matrix(tuple("abcdef"), "poly").labels == (".L", ".Q", ".C", "^4", "^5")


@pytest.mark.parametrize(
    ("name", "theirs"),
    [("treatment", patsy.Treatment), ("sum", patsy.Sum), ("helmert", patsy.Helmert), ("poly", patsy.Poly)],
)
def test_contrasts_agree_with_patsy(name, theirs):
    for count in (2, 3, 7):
        levels = tuple("abcdefg"[:count])
        expected = theirs().code_without_intercept(list(levels)).matrix
        assert np.allclose(contrast_matrix(levels, name).matrix, expected, atol=1e-13)


@pytest.mark.parametrize("name", ["treatment", "sum", "helmert", "poly"])
def test_contrasts_and_the_mean_span_all_levels(name):
    matrix = contrast_matrix(LEVELS, name).matrix
    assert np.linalg.matrix_rank(np.column_stack([np.ones(4), matrix])) == 4


def test_one_level_has_no_column_unless_it_has_its_own():
    for name in ("treatment", "sum", "helmert", "poly"):
        contrast = contrast_matrix(("a",), name)
        assert contrast.matrix.shape == (1, 0)
        assert contrast.labels == contrast.r_labels == ()
    assert contrast_matrix(("a",), "full").matrix.tolist() == [[1.0]]


def test_booleans_are_written_in_capitals_for_r():
    assert contrast_matrix(("False", "True"), "treatment").r_labels == ("TRUE",)
    assert contrast_matrix(("False", "True"), "treatment").labels == ("T.True",)
    assert contrast_matrix(("False", "Maybe"), "full").r_labels == ("False", "Maybe")


def test_an_unknown_contrast_names_the_choices():
    with pytest.raises(ArgumentError, match=r"'scheffe'.*treatment, full, sum, helmert, poly"):
        contrast_matrix(LEVELS, "scheffe")
