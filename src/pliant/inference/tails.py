"""How probable a statistic is under the hypothesis it tests."""

import numpy as np


def upper_tail(statistic: float, df: float, resid_df: float) -> float:
    """Give P(F > statistic) on df and resid_df; P(chi squared > statistic) on df where resid_df is infinite."""
    from scipy.special import chdtrc, fdtrc

    if np.isnan(statistic) or resid_df < 1 or df < 1:
        return float("nan")
    return float(chdtrc(df, statistic) if np.isinf(resid_df) else fdtrc(df, resid_df, statistic))
