"""pliant at home in scikit-learn: a regressor, a classifier, and a transformer that gives the design matrix.

They follow scikit-learn's rules to the letter (every check of `check_estimator` passes, none excused) and add nothing
to what is fitted: `fit` calls `pliant.fit`, and `.result_` is what that gave.
"""

from pliant.errors import MissingExtraError

try:
    import joblib  # noqa: F401

    import sklearn  # noqa: F401
except ImportError as problem:
    raise MissingExtraError("pliant.sklearn needs scikit-learn; pip install 'pliant[sklearn]'") from problem

from pliant.sklearn.classifier import PliantClassifier
from pliant.sklearn.preprocessor import PliantPreprocessor
from pliant.sklearn.regressor import PliantRegressor

__all__ = ["PliantClassifier", "PliantPreprocessor", "PliantRegressor"]
