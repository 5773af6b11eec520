"""Families: how a response scatters about its mean. One file each.

A family knows its variance, its deviance, its likelihood and what responses it admits. Its loss is minus the
log likelihood of one response, without the terms that no parameter moves. The loss and its slope (`delta`)
are made for a link: they are built of the link's own log mu and log(1 - mu), so that nothing is divided by a
variance that has run out of digits. In every pair delta is (mu - y) / variance(mu) * slope(eta, mu), and
mu - y where the pair is canonical.

The torch line states the loss a second time, in torch's own words: the independent witness.
Knows nothing of tables, names or parameters. To add one: its functions, one record, one name in the tuple.

A family with a parameter of its own (theta, power) stands here with a value to begin with, and marked as one
whose parameter is estimated; `likelihood("tweedie(power=1.5)")` gives it with another, held fixed.

References
----------
McCullagh and Nelder (1989), Generalized Linear Models, chapter 2. Conventions of the log likelihood: R's glm.
"""

from pliant.functions.classes import MULTINOMIAL
from pliant.functions.families.binomial import BINOMIAL
from pliant.functions.families.gamma import GAMMA
from pliant.functions.families.gaussian import GAUSSIAN
from pliant.functions.families.inverse_gaussian import INVERSE_GAUSSIAN
from pliant.functions.families.negative_binomial import NEGATIVE_BINOMIAL
from pliant.functions.families.poisson import POISSON
from pliant.functions.families.quasi import QUASIBINOMIAL, QUASIPOISSON
from pliant.functions.families.tweedie import TWEEDIE

FAMILIES = {
    family.name: family
    for family in (
        GAUSSIAN,
        BINOMIAL,
        POISSON,
        MULTINOMIAL,
        GAMMA,
        INVERSE_GAUSSIAN,
        NEGATIVE_BINOMIAL,
        TWEEDIE,
        QUASIPOISSON,
        QUASIBINOMIAL,
    )
}
