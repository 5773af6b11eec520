"""Every field of a model file's metadata and every array beside it: of what kind it is, and what it is for.

The one place that knows them: what is written and what is read is held to it, and the tables of `docs/model-file.md`
are printed from it. How fields have to agree with one another is in `agree.py`; what the stateful parts of a formula
learn, in `pliant.data.learnt`.
"""

from pliant.data.missing import TREATMENTS
from pliant.engines import ENGINES
from pliant.engines.contract import PRECISIONS
from pliant.functions.activations import ACTIVATIONS
from pliant.functions.families import FAMILIES
from pliant.functions.links import LINKS
from pliant.network import STARTS
from pliant.optimisers import DRIVERS, OPTIMISERS
from pliant.record import SENTENCES
from pliant.schema import (
    ANYTHING,
    COUNTS,
    DIGEST,
    FINITE,
    FLAG,
    MARKS,
    NUMBERS,
    OR_MISSING,
    POSITIVE,
    SHARES,
    TEXT,
    Field,
    Values,
    choice,
    either,
    listed,
    mapping,
    maybe,
    number,
    record,
    row,
    short_text,
    whole,
)
from pliant.training import SCHEDULES
from pliant.training.state import STATE

NUMBER, SHARE = number(), number(0.0, 1.0)
NAMES = listed(TEXT)
WIDEST = 2**27  # of a layer: more parameters than a file of 2 GB holds

NETWORK = record(
    "a network",
    {
        "inputs": Field(
            whole(0, WIDEST), "columns that it sees: those of the matrix less the intercept, then the embedding"
        ),
        "outputs": Field(whole(1, WIDEST), "columns of the linear predictor; one less than the classes"),
        "hidden": Field(listed(whole(1, WIDEST), most=1000), "width of each hidden layer; none: a line"),
        "activation": Field(choice(*ACTIVATIONS), "of the hidden layers"),
        "skip": Field(FLAG, "whether a line runs beside the hidden layers"),
        "bias": Field(FLAG, "whether the outputs have a bias: where the formula has an intercept"),
        "bends": Field(maybe(listed(whole(0, WIDEST))), "the inputs of the hidden layers, rising; null: all"),
        "blocks": Field(whole(1, WIDEST), "networks side by side in it, of equal widths"),
        "gains": Field(FLAG, "whether a learned scale stands before the first hidden layer"),
    },
)
EMBEDDING = record(
    "an embedding",
    {
        "inputs": Field(listed(whole(0, WIDEST)), "which inputs are embedded, rising"),
        "centre": Field(listed(NUMBER), "median of each"),
        "unit": Field(listed(POSITIVE), "interquartile range of each, or half its range"),
        "knots": Field(listed(listed(NUMBER)), "of each, rising; none: no pieces"),
        "clipped": Field(listed(FLAG), "whether each has more than two values"),
    },
)
SCALING = record(
    "a scaling",
    {
        "centre": Field(listed(NUMBER), "of each column of the matrix less the intercept"),
        "scale": Field(listed(POSITIVE), "of each, likewise"),
        "response_centre": Field(listed(NUMBER, 1), "of each response; [0] where it keeps its units"),
        "response_scale": Field(listed(POSITIVE, 1), "of each response; [1] likewise"),
        "embedding": Field(EMBEDDING, "of the inputs of the hidden layers", needed=False),
    },
)
RESPONSE = record(
    "a response",
    {
        "coding": Field(choice("number", "binary", "classes"), "as the family wants it"),
        "levels": Field(listed(TEXT, different=True), "of classes, or failure and success; none for numbers"),
        "names": Field(listed(TEXT, 1), "of the columns of y"),
    },
)
DESIGN = record(
    "a design",
    {
        "formula": Field(short_text(10_000), "as it was given"),
        "columns": Field(listed(TEXT, different=True), "of the training table: what `.` stands for"),
        "offset_column": Field(maybe(TEXT), 'the column given as offset="name"'),
        "dates": Field(
            mapping(listed(choice("month", "weekday", "hour"), 1, different=True)),
            "the parts that a date stands for beside its trend",
        ),
        "response": Field(RESPONSE, "what is modelled"),
        "states": Field(
            mapping(mapping(ANYTHING)), "what stateful parts learnt, by their text; a column of levels by its name"
        ),
        "full": Field(listed(NAMES), "of each term, the factors with a column a level"),
        "names": Field(NAMES, "of the columns of the matrix"),
        "r_names": Field(NAMES, "the same as R has them"),
        "term_of": Field(listed(whole(-1)), "the term of each; -1: the intercept"),
        "input_bends": Field(listed(FLAG), "of each but the intercept, whether hidden units may read it"),
        "scaling": Field(SCALING, "the units of training"),
        "missing": Field(choice(*TREATMENTS), "what is done about missing values"),
        "fills": Field(
            mapping(row(either(NUMBER, TEXT), FLAG)),
            "what stands in for a missing value of a column, and whether an indicator marks it",
        ),
        "notes": Field(NAMES, "what was done to the data"),
    },
)
SETTINGS = record(
    "settings",
    {
        "engine": Field(choice(*ENGINES), "that trained it"),
        "optimiser": Field(choice("irls", *OPTIMISERS, *DRIVERS), "irls: a line, solved"),
        "optimiser_settings": Field(mapping(NUMBER), "as the optimiser takes them"),
        "learning_rate": Field(number(0.0), "0 where none is needed"),
        "epochs": Field(whole(), "of the schedule, or steps; 0 for irls"),
        "batch": Field(maybe(whole(1)), "rows of a step; null: all"),
        "schedule": Field(choice(*SCHEDULES), "of the learning rate"),
        "regularisation": Field(number(0.0), "weight decay"),
        "validation": Field(maybe(SHARE), "share of the rows held out"),
        "patience": Field(maybe(whole(1)), "epochs without progress before an early stop"),
        "seed": Field(whole(high=2**128), "of all that is drawn"),
        "precision": Field(choice(*PRECISIONS), "of the training"),
        "given": Field(
            mapping(maybe(TEXT), choice("weights", "offset", "frequencies")),
            "columns named beside the table; null: numbers",
        ),
        "firth": Field(FLAG, "Firth's penalised likelihood"),
        "evidence": Field(FLAG, "weight decay by evidence"),
        "by_folds": Field(FLAG, "its strength by the folds"),
        "parametrisation": Field(choice(*STARTS), "of the network in training"),
        "reasons": Field(NAMES, "why the recipe chose what nobody asked for"),
        "asked": Field(maybe(mapping(ANYTHING)), "arguments of `fit` that are not its defaults; null: not known"),
    },
)
FACTS = record(
    "what was measured",
    {
        "n_rows": Field(whole(0), "trained on, with a positive weight"),
        "deviance": Field(maybe(NUMBER), "of the training rows; null: not a number"),
        "null_deviance": Field(maybe(NUMBER), "of the mean alone"),
        "log_likelihood": Field(maybe(NUMBER), "at the fitted means"),
        "dispersion": Field(maybe(number(0.0)), "of the family"),
        "df_residual": Field(whole(-(2**62)), "residual degrees of freedom"),
        "df_null": Field(whole(-(2**62)), "of the mean alone"),
        "parameter_error": Field(maybe(number(0.0)), "standard error of the family's parameter"),
        "effective_parameters": Field(maybe(NUMBER), "how many the data determine"),
        "decays": Field(listed(number(0.0)), "weight decays by evidence"),
        "noise": Field(maybe(number(0.0)), "dispersion in the units of training"),
        "fingerprint": Field(either(choice(""), DIGEST), "SHA-256 of the training arrays"),
    },
)
VERDICT = record(
    "a verdict",
    {
        "kind": Field(choice(*SENTENCES), "line against curve, out of fold"),
        "gain": Field(NUMBER, "deviance a row that the curve saves"),
        "low": Field(NUMBER, "lower end of its 95 % interval"),
        "high": Field(NUMBER, "upper end"),
        "share": Field(NUMBER, "of the line's deviance"),
        "p_value": Field(maybe(SHARE), "of the test for curvature; null: it could not be made"),
        "n_rows": Field(whole(0), "out of fold"),
        "predicts": Field(FLAG, "whether the curve does better than the mean alone"),
    },
)
REACHED = record(
    "what intervals reached",
    {
        "level": Field(SHARE, "of the intervals"),
        "rows": Field(whole(0), "rows"),
        "inside": Field(whole(0), "of them inside"),
        "mean_width": Field(maybe(number(0.0)), "null: infinite"),
        "where": Field(choice("", "smallest", "middle", "largest"), "which third of the predictions; empty: all"),
    },
)
MEMBERS = record(
    "members",
    {
        "network": Field(NETWORK, "of one member"),
        "share": Field(SHARE, "of the curve in the prediction"),
        "verdict": Field(VERDICT, "line against curve"),
        "reached": Field(listed(REACHED), "what the intervals reached on rows not seen"),
        "strength": Field(maybe(number(0.0)), "of the weight decay, by the folds"),
        "spread": Field(NETWORK, "how far responses scatter, of one member", needed=False),
    },
)
MODEL = record(
    "a model",
    {
        "sha256": Field(DIGEST, "of the whole file, these 64 characters counted as zeros"),
        "format": Field(whole(1), "version of the format"),
        "version": Field(short_text(40), "of the pliant that wrote it"),
        "design": Field(DESIGN, "from a table to the design matrix"),
        "network": Field(NETWORK, "widths and shapes"),
        "family": Field(choice(*FAMILIES), "of the response"),
        "link": Field(choice(*LINKS), "from the mean to the linear predictor"),
        "parameter": Field(NUMBER, "of the family: theta, or the power", needed=False),
        "estimated": Field(FLAG, "whether it was estimated", needed=False),
        "settings": Field(SETTINGS, "what was asked and chosen"),
        "facts": Field(FACTS, "what was measured on the training rows"),
        "notes": Field(NAMES, "what was done, and what to mind"),
        "frame_kind": Field(choice("pandas", "polars", "pyarrow", "dict", "file"), "of the table that was given"),
        "stopped": Field(choice("done", "early", "interrupted", "diverged"), "how the training ended"),
        "members": Field(MEMBERS, "fits that each did not see one fold", needed=False),
        "training": Field(TEXT, "JSON of step, epoch, best_epoch, and rng of the training", needed=False),
    },
)

ARRAYS = {
    "parameters": Values(("k",), OR_MISSING, "layer by layer, weights row by row, then biases; the skip line, gains"),
    "inverse_information": Values(("c", "c"), OR_MISSING, "of an exact line, without penalty", needed=False),
    "held_out_scores": Values(("h",), NUMBERS, "conformity scores of held-out rows", needed=False),
    "region.ranges": Values((4, "inputs"), FINITE, "least, greatest, and ends of the central part of each column"),
    "region.gaps": Values(("gaps", 4), FINITE, "column, from, to, and 1 (edge) or 2 (outside)"),
    "region.numbers": Values(("numbers",), COUNTS, "columns of more than two values"),
    "region.places": Values((2, "numbers"), FINITE, "their centres and scales"),
    "region.basis": Values(("numbers", "directions"), FINITE, "of the leverages"),
    "region.spans": Values(("numbers", "spans"), FINITE, "directions in which the rows vary"),
    "region.limits": Values((4,), NUMBERS, "rows; greatest leverage and the edge's; slack"),
    "region.paired": Values(("paired",), COUNTS, "columns of two values"),
    "region.unmet": Values((4, "paired", "paired"), MARKS, "pairs of their values that never met"),
}
OF_MEMBERS = {
    "members.parameters": Values(("members", "m"), FINITE, "of each member, as `parameters`"),
    "members.lines": Values(("members", "1 + inputs", "outputs"), FINITE, "the line of each, its intercept first"),
    "members.folds": Values(("rows",), COUNTS, "the member that did not see the row"),
    "members.scores": Values(("rows",), NUMBERS, "conformity scores out of fold"),
    "members.frequencies": Values(("rows",), COUNTS, "rows that each row stands for", needed=False),
    "members.fold_shares": Values(("members",), SHARES, "of the curve, by the other folds", needed=False),
}
OF_SPREAD = {
    "members.spread.parameters": Values(("members", "s"), FINITE, "of each member's spread"),
    "members.spread.ranges": Values(("members", 2), FINITE, "of its logarithm"),
    "members.spread.scores": Values(("rows",), NUMBERS, "scores over the spread"),
}
OF_TRAINING = {f"training.{name}": values for name, values in STATE.items()}
