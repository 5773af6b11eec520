# Made from src/pliant/tour/story.md by tools/write_tour.py; `pliant tour` tells it as a page.
# It opens as a notebook in any editor that knows cells (# %%), or with jupytext. It needs 'pliant[plots,torch]'.
# ruff: noqa: B905, E402 - code to be read on a page, in the order of the story
# fmt: off

# %% [markdown]
# # A line, then a curve
#
# A neural network is a straight line, bent. This page builds one from nothing, in eleven short steps: a layer, a
# loss, a way downhill, a derivative by hand, a line that learns, a curve that no line can follow, and a network
# that can. Every number and every picture on it was made by the code beside it, when this page was made. Change
# the seed or the activation, and it is another page.

# %%
import numpy as np

import pliant
from pliant.plots import tour as draw

seed = 2021
activation = "tanh"
rng = np.random.default_rng(seed)

# %% [markdown]
# ## 1. A layer
#
# Take some inputs, multiply each by a weight, add them up, and pass the sum through a function. That is a layer.
# The sum is called the *linear predictor*, the function the *activation*:
#
#     a = g(η)          η = w₀ + w₁ x
#
# The intercept w₀ needs no rule of its own. Give every row one more input that is always 1, and w₀ is its weight.
# So a layer is an activation of a matrix times a vector, and nothing else.

# %%
x = np.linspace(-3.0, 3.0, 7)
weights = np.array([0.5, 1.0])
ones = np.column_stack([np.ones(7), x])

print(ones[:3])
print("by hand", ones @ weights)
print("layer  ", pliant.layer(x, weights))

# %% [markdown]
# If you have met generalised linear models you have met this object already: there g is the inverse of the link.
# A layer with the logistic activation *is* logistic regression. Fit one, and put its coefficients into a layer:

# %%
yes = [0, 0, 1, 0, 1, 0, 1]
table = {"x": x, "yes": yes}
regression = pliant.fit("yes ~ x", table, family="binomial", hidden=())
coefficients = list(regression.coefficients.values())
probability = pliant.layer(x, coefficients, "logistic")
print(probability.round(3))

predicted = regression.predict({"x": x})["prediction"].to_numpy()
print("the same:", np.allclose(probability, predicted, rtol=1e-14))

# %% [markdown]
# The activation decides what the layer can say. The identity says a straight line. The others bend it.

# %%
along = np.linspace(-4.0, 4.0, 200)
names = ("identity", "softplus", "relu", "tanh", "logistic")
shapes = {name: pliant.layer(along, weights, name) for name in names}
title = "The same line, bent five ways"
draw.curves(along, shapes, ("x", "a"), title=title)

# %% [markdown]
# ## 2. How wrong is it?
#
# A layer predicts; somebody has observed. The *squared loss* takes the distance between the two in every row,
# squares it, and adds up:
#
#     loss = Σᵢ (yᵢ − ŷᵢ)²
#
# Squared, so that too high and too low count alike, and one large miss counts more than several small ones.

# %%
five_x = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
five_y = np.array([-1.2, 0.6, 0.1, 2.4, 1.9])
five_hat = pliant.layer(five_x, [0.5, 1.0])

print("misses ", (five_y - five_hat).round(2))
print("squares", ((five_y - five_hat) ** 2).round(2))
print("loss   ", round(pliant.squared_loss(five_hat, five_y), 4))
draw.squares(five_x, five_y, five_hat)

# %% [markdown]
# ## 3. Data that lie on a line
#
# Here is a world in which we know the truth: a hundred points x from −10 to 10, and for each a y that is normal
# around 2x + 3 with standard deviation 2. From here on we pretend not to know the 2 and the 3.

# %%
x = np.linspace(-10.0, 10.0, 100)
y = rng.normal(2.0 * x + 3.0, 2.0)
draw.curves(x, {}, points=(x, y), title="The data")

# %% [markdown]
# We have to begin somewhere, so guess that both weights are 1. The line is too flat and too low, and the loss
# says how much.

# %%
weights = np.array([1.0, 1.0])
prediction = pliant.layer(x, weights)
print(f"loss at (1, 1): {pliant.squared_loss(prediction, y):,.2f}")
draw.guess(x, y, weights)

# %% [markdown]
# ## 4. Which way is down?
#
# Better weights can be found by trying. A machine needs a rule. Hold the intercept still for a moment and look
# at the loss as a function of the slope alone.

# %%
def loss_at(w):
    return pliant.squared_loss(pliant.layer(x, w), y)


def measured_gradient(w, h=1e-4):
    rises = [loss_at(w + h * e) - loss_at(w - h * e) for e in np.eye(2)]
    return np.array(rises) / (2.0 * h)


gradient = measured_gradient(weights)
print("gradient at (1, 1):", gradient.round(2))

# %%
slopes = np.linspace(-0.5, 4.5, 120)
losses = np.array([loss_at(np.array([1.0, w1])) for w1 in slopes])
draw.slope(slopes, losses, 1.0, loss_at(weights), gradient[1])

# %% [markdown]
# The derivative says how fast the loss *rises* as the weight grows. Where it is positive the loss climbs to the
# right, where it is negative it climbs to the left: the gradient always points **uphill**. So step the other way,
# and not too far, since a slope is only true nearby:
#
#     w ← w − learning rate × gradient

# %%
learning_rate = 2.4e-4
w, steps = weights, [weights]
for _ in range(100):
    w = pliant.gradient_step(learning_rate, w, measured_gradient(w))
    steps.append(w)
steps = np.array(steps)

for n in (0, 1, 2, 10, 100):
    w0, w1 = steps[n]
    loss = loss_at(steps[n])
    print(f"after {n:3} steps ({w0:.3f}, {w1:.3f})  loss {loss:7,.1f}")

# %% [markdown]
# With both weights free the loss is a landscape. Each ring joins weights with the same loss; a step sets off across
# the rings at a right angle, straight down.

# %%
intercepts, slopes = np.linspace(-2.0, 8.0, 80), np.linspace(0.0, 4.1, 80)
landscape = [
    [loss_at(np.array([w0, w1])) for w0 in intercepts] for w1 in slopes
]
draw.surface(intercepts, slopes, np.array(landscape), steps)

# %% [markdown]
# Look at the shape of the valley. x reaches to 10, so a small change of the slope matters far more than the same
# change of the intercept: the valley is narrow, the path jumps from side to side, and along the floor it crawls.
# This is why we put x and y on a common scale before we train.

# %% [markdown]
# ## 5. The derivative, by hand
#
# Measuring the slope takes two losses for each weight. With two weights that is nothing; with a million it is
# hopeless. But the loss is simple enough to differentiate with a pencil. Take one row. Its miss is y − w₀ − w₁ x,
# and a little more of w₁ makes the miss smaller by x times as much. The slope of a square is twice what is squared;
# so the slope of the squared miss, as w₁ grows, is −2 x times the miss. For w₀ it is the same, with the 1 of the
# column of ones in the place of x. Add up all rows. With that column in x, so that the prediction is x w:
#
#     loss = (y − x w)′ (y − x w)          ∂ loss / ∂w = −2 x′ (y − x w)
#
# One matrix product gives the whole gradient. `pliant.network_gradient` is that product, and for a network of
# many layers it is the same product walked back layer by layer.

# %%
def by_differences(points, response, w, h=1e-3):
    def loss(w):
        return pliant.squared_loss(pliant.layer(points, w), response)

    rises = [loss(w + h * e) - loss(w - h * e) for e in np.eye(2)]
    return np.array(rises) / (2.0 * h)


trials = []
for _ in range(200):
    points = rng.uniform(-10.0, 10.0, 20)
    response = rng.normal(2.0 * points + 3.0, 2.0)
    trials.append((points, response, rng.normal(0.0, 3.0, 2)))

points, response, w = trials[0]
ones = np.column_stack([np.ones(20), points])
formula = -2.0 * ones.T @ (response - ones @ w)
print("the formula     ", formula.round(4))
gradient = pliant.network_gradient(points, response, w)
print("network_gradient", gradient.round(4))
gradient = by_differences(points, response, w)
print("by differences  ", gradient.round(4))

# %% [markdown]
# A derivation can be wrong. So let somebody else do it: torch records what is done to a tensor and differentiates
# it by itself (`backward`, `.grad`). At random points and random weights, side by side:

# %%
import torch


def by_torch(points, response, w, dtype=torch.float64):
    w = torch.tensor(w, dtype=dtype, requires_grad=True)
    points = torch.tensor(points, dtype=dtype)
    response = torch.tensor(response, dtype=dtype)
    loss = ((response - (w[0] + w[1] * points)) ** 2).sum()
    loss.backward()
    return w.grad.numpy()


print("weight        by hand differences       torch")
for points, response, w in trials[:4]:
    columns = zip(
        ("intercept", "slope"),
        pliant.network_gradient(points, response, w),
        by_differences(points, response, w),
        by_torch(points, response, w),
    )
    for name, *three in columns:
        print(f"{name:<9}", *(f"{value:11.4f}" for value in three))

# %%
def distance(way, *trial):
    by_hand = pliant.network_gradient(*trial)
    return np.abs(way(*trial) - by_hand).max() / np.abs(by_hand).max()


def in_float32(*trial):
    return by_torch(*trial, dtype=torch.float32)


ways = {
    "differences": by_differences,
    "torch, float32": in_float32,
    "torch, float64": by_torch,
}
found = {
    name: np.array([distance(way, *trial) for trial in trials])
    for name, way in ways.items()
}
for name, bound in zip(found, (1e-6, 1e-5, 1e-13)):
    print(f"{name:<15} within {bound:.0e}: {found[name].max() < bound}")
draw.distances(found)

# %% [markdown]
# `pliant.check_gradient` does this for any network, of any depth, for any family. Here for three bent units
# beside a line, with torch in the last column where it is installed:

# %%
check = pliant.check_gradient(
    points, response, network=3, activation=activation, seed=seed
)
ways = {"by hand": check.by_hand, "differences": check.differences}
if check.autograd is not None:
    ways["torch"] = check.autograd

print(f"{'parameter':<22}", *(f"{way:>11}" for way in ways))
for name, *row in zip(check.names, *ways.values()):
    print(f"{name:<22}", *(f"{value:11.5f}" for value in row))

# %% [markdown]
# ## 6. A line that learns
#
# Now put the pieces in a loop: predict, measure, differentiate, step. `pliant.training_loop` does that, and keeps
# every weight and every loss on the way. The data are on a common scale, the learning rate is small, and we begin
# at (1, 1) again.

# %%
def scale(values):
    return (values - values.mean()) / values.std(ddof=1)


scaled_x, scaled_y = scale(x), scale(y)
path = pliant.training_loop(
    scaled_x, scaled_y, [1.0, 1.0], epochs=500, learning_rate=1e-4
)

print("weights kept:", path.weights.shape, " losses kept:", path.losses.shape)
for epoch in range(0, 500, 50):
    print(f"epoch {epoch:3}   loss {path.losses[epoch]:9.4f}")

# %%
table = {"x": scaled_x, "y": scaled_y}
least_squares = pliant.fit("y ~ x", table, hidden=())
floor = ("least squares", least_squares.deviance)
draw.losses({"training": path.losses}, floor)

# %%
ends = np.array([-1.8, 1.8])
epochs = range(0, 501, 10)
stages = [pliant.layer(ends, path.weights[epoch]) for epoch in epochs]
captions = [
    "epoch {}: intercept {:.3f}, slope {:.3f}".format(
        epoch, *path.weights[epoch]
    )
    for epoch in epochs
]
draw.moving(
    ends,
    stages,
    captions,
    ("x, scaled", "y, scaled"),
    points=(scaled_x, scaled_y),
)

# %% [markdown]
# For a line there is no need to walk: least squares knows the bottom of the valley. It is a good test of the
# walk.

# %%
exact = np.array(list(least_squares.coefficients.values()))
exact = exact.round(9) + 0.0  # so that no zero has a minus
print("             learnt   least squares")
for row in zip(("intercept", "slope"), path.weights[-1], exact):
    print("{:<9} {:9.5f} {:15.5f}".format(*row))

# %% [markdown]
# Each epoch takes two per cent of what is left. The slope, the second weight, began close to its end and has
# arrived; the intercept came from far, and is still a hair away.

# %% [markdown]
# ## 7. A curve that no line can follow
#
# Now the truth is a wave: y is 4 sin(x) plus normal noise with standard deviation 1. Of a hundred points only
# twenty are observed.

# %%
curve_x = np.linspace(-5.0, 5.0, 100)
truth = 4.0 * np.sin(curve_x)
observed = rng.normal(truth, 1.0)
rows = rng.choice(100, size=20, replace=False)
few_x, few_y = curve_x[rows], observed[rows]
seen = {"points": (few_x, few_y), "truth": truth}
draw.curves(curve_x, {}, title="A wave, seen twenty times", **seen)

# %% [markdown]
# The same straight line, trained in the same way for 200 epochs:

# %%
straight = pliant.training_loop(
    few_x, few_y, [1.0, 1.0], epochs=200, learning_rate=1e-4
)
for epoch in (*range(0, 200, 40), 199):
    print(f"epoch {epoch:3}   loss {straight.losses[epoch]:9.3f}")

# %%
table = {"x": few_x, "y": few_y}
best = pliant.fit("y ~ x", table, hidden=())
floor = ("the best straight line", best.deviance)
draw.losses({"straight line": straight.losses}, floor)

# %%
straight_line = pliant.layer(curve_x, straight.weights[-1])
lines = {"straight line": straight_line}
draw.curves(curve_x, lines, title="The line has no way to bend", **seen)

# %% [markdown]
# It is not the training that fails. Least squares, which finds the best of *all* straight lines, is hardly
# better:

# %%
def predicted(model):
    return model.predict({"x": curve_x})["prediction"].to_numpy()


def from_truth(prediction):
    return np.sqrt(np.mean((prediction - truth) ** 2))


rows = [
    ("after 200 epochs", straight.losses[-1], from_truth(straight_line)),
    ("the best there is", best.deviance, from_truth(predicted(best))),
]
print("straight line          loss  from the truth")
for row in rows:
    print("{:<17} {:9.2f} {:15.2f}".format(*row))

# %% [markdown]
# (Here and below, "from the truth" is the root mean square error against the true sine, which no model has seen.) A
# straight line goes up or down, and the wave goes both ways. More epochs, a better rate, more rows: nothing
# helps, because no weights exist that would do. The model has to change.

# %% [markdown]
# ## 8. The same line, in torch
#
# Before it does, say the line once more in the words of another library. `nn.Linear(1, 1)` is our layer with two
# weights. The loss is squared and summed; `backward` differentiates; we move the parameters by hand, where torch
# must not watch (`no_grad`); and the gradients are cleared before each epoch (`zero_grad`), since torch adds to
# what is there.

# %%
from torch import nn

line = nn.Linear(1, 1, dtype=torch.float64)
nn.init.ones_(line.weight)
nn.init.ones_(line.bias)
inputs = torch.tensor(scaled_x)[:, None]
response = torch.tensor(scaled_y)[:, None]

torch_losses = []
for epoch in range(200):
    line.zero_grad()
    loss = ((response - line(inputs)) ** 2).sum()
    loss.backward()
    with torch.no_grad():
        for parameter in line.parameters():
            parameter -= 1e-4 * parameter.grad
    torch_losses.append(loss.item())
    if epoch % 10 == 0 or epoch == 199:
        print(f"epoch {epoch:3}   loss {torch_losses[-1]:9.4f}")

# %% [markdown]
# It is the same walk: from the same start, epoch by epoch, the losses are those of `pliant.training_loop`. And
# since nobody wants to write that loop twice, `pliant.train_torch` is that loop.

# %%
again = nn.Linear(1, 1, dtype=torch.float64)
nn.init.ones_(again.weight)
nn.init.ones_(again.bias)
losses = pliant.train_torch(
    scaled_x,
    scaled_y,
    again,
    pliant.squared_loss,
    epochs=200,
    learning_rate=1e-4,
)

same = np.allclose(losses, torch_losses, rtol=1e-12)
print("the losses of the loop above: ", same)
same = np.allclose(losses, path.losses[:200], rtol=1e-12)
print("and those of section 6:      ", same)
with torch.no_grad():
    learnt = again(torch.tensor(ends)[:, None]).numpy()[:, 0]
draw.curves(
    ends,
    {"torch": learnt},
    ("x, scaled", "y, scaled"),
    points=(scaled_x, scaled_y),
    title="After 200 epochs in torch",
)

# %% [markdown]
# ## 9. A network
#
# One layer is a line. Put a second layer on top of the first, with a bend between, and the sum of many bent lines
# can follow almost anything:
#
#     ŷ = b + Σⱼ vⱼ g(cⱼ + wⱼ x)          j = 1 … 64
#
# In torch that is `nn.Sequential(nn.Linear(1, 64), nn.Tanh(), nn.Linear(64, 1))`. Its 193 parameters are moved
# by Adam, which gives every one of them a step length of its own. The starting values are drawn by pliant, so
# that the next section can start from the same ones.

# %%
shape = {"hidden": 64, "activation": activation, "skip": False}
recipe = {"optimiser": "adam", "learning_rate": 0.03, "seed": seed}
asked = {**shape, **recipe, "standardise": False}
start = pliant.fit("y ~ x", table, **asked, epochs=0, engine="reference")
print("weights:", *(weights.shape for weights, _ in start.layers))
print("parameters:", start.n_parameters)

# %%
network = nn.Sequential(nn.Linear(1, 64), nn.Tanh(), nn.Linear(64, 1))
network.double()
with torch.no_grad():
    for linear, (w, b) in zip((network[0], network[2]), start.layers):
        linear.weight.copy_(torch.tensor(w.T))
        linear.bias.copy_(torch.tensor(b))

by_torch = pliant.train_torch(
    few_x, few_y, network, pliant.squared_loss, 100, 0.03, "adam"
)
for epoch in (*range(0, 100, 10), 99):
    print(f"epoch {epoch:3}   loss {by_torch[epoch]:9.4f}")

# %%
with torch.no_grad():
    bent = network(torch.tensor(curve_x)[:, None]).numpy()[:, 0]
lines = {"straight line": straight_line, "network": bent}
last = (straight.losses[-1], by_torch[-1])

print("                  last loss  from the truth")
for (name, line), loss in zip(lines.items(), last):
    print(f"{name:<13} {loss:13.2f} {from_truth(line):15.2f}")
draw.curves(curve_x, lines, title="The same points, with a bend", **seen)

# %% [markdown]
# ## 10. The same network, in one line
#
# All of that is one call. The same shape, the same start, the same rule:

# %%
curve = pliant.fit("y ~ x", table, **asked, epochs=100, engine="reference")
print(f"from the truth: {from_truth(predicted(curve)):.2f}")

# %% [markdown]
# The reference engine is NumPy and gradients derived by hand. The torch engine builds modules and differentiates
# by machine. They share nothing but the start and the rule, and walk the same path. (pliant's loss is the mean of
# half the squares; times two and times twenty it is the sum above. The first column differs in its last digits:
# Adam adds a tiny constant to the size of each slope, and the slopes of a sum are forty times as steep.)

# %%
witness = pliant.fit("y ~ x", table, **asked, epochs=100, engine="torch")
ours, theirs = (40.0 * model.history["loss"] for model in (curve, witness))

print("epoch  nn.Sequential   reference       torch")
for n in (*range(0, 100, 10), 99):
    print(f"{n:5} {by_torch[n]:14.6f} {ours[n]:11.6f} {theirs[n]:11.6f}")

apart = np.abs(ours / theirs - 1.0).max()
print("losses of both engines equal to 1e-10:", apart < 1e-10)
apart = np.abs(curve.parameters - witness.parameters).max()
print("and all 193 parameters:               ", apart < 1e-10)

# %%
stage, stages, captions = start, [predicted(start)], ["epoch 0"]
for _ in range(50):
    stage = stage.continue_training(2)
    stages.append(predicted(stage))
    captions.append(f"epoch {stage.training.epoch}")

same = np.array_equal(stage.parameters, curve.parameters)
print("after fifty stops, the same network:", same)
draw.moving(curve_x, stages, captions, **seen)

# %% [markdown]
# All those epochs at once are the picture at the head of this page.

# %%
draw.banner(curve_x, stages[::2], points=(few_x, few_y))

# %% [markdown]
# Should we train longer? The loss says yes. Ask the truth, which we can look at only because we invented
# it.

# %%
longer = curve.continue_training(1900)
default = pliant.fit("y ~ x", table, seed=seed)
models = {
    "the best straight line": best,
    "64 units, 100 epochs": curve,
    "64 units, 2,000 epochs": longer,
    "pliant, left alone": default,
}

print("                         loss  from the truth")
for name, model in models.items():
    away = from_truth(predicted(model))
    print(f"{name:<22} {model.deviance:6.1f} {away:15.1f}")

# %%
lines = {
    "100 epochs": predicted(curve),
    "2,000 epochs": predicted(longer),
    "left alone": predicted(default),
}
draw.curves(curve_x, lines, title="Longer is not always better", **seen)

# %% [markdown]
# A large network that is trained for long can fit the noise as well as the wave, and the loss cannot tell which.
# Asked for nothing, pliant takes a few units beside the line, starts from the line itself, and holds the weights back
# as far as the data ask. It does so ten times, each time without a tenth of the rows: on these it judges whether the
# curve beats the line. It says so:

# %%
print(default.members.verdict.sentence)
for reason in default.settings.reasons:
    print("-", reason)

# %% [markdown]
# ## 11. Your own table
#
# That was all of it: a layer, a loss, a gradient, a loop, and a bend. Everything else is more columns. Take any
# table, say what depends on what, and begin with the line: it comes with standard errors, and it is what the
# curve has to beat.

# %%
penguins = pliant.datasets.penguins()
formula = "body_mass_g ~ flipper_length_mm + species"
model = pliant.fit(formula, penguins, hidden=())
for name, value in model.coefficients.items():
    print(f"{name:<22} {value:9.2f} ± {model.standard_errors[name]:.2f}")
alt = "Body mass over flipper length, with a line for each species of penguin."
draw.described(model.plot(), alt)

# %% [markdown]
# The same at the shell, on a file of yours:
#
# ```sh
# pliant fit penguins.csv "body_mass_g ~ flipper_length_mm + species" \
#     --line --out penguins.pliant
# pliant predict penguins.pliant penguins.csv --out predictions.csv
# pliant fit penguins.csv "body_mass_g ~ ." --hidden 8 --epochs 200
# ```
#
# Then read how the derivative of a whole network is found by hand (`docs/gradients.md`), follow one row through
# the code (`docs/how-it-works.md`), or run `pliant tour --seed 7 --activation relu` and see this page again, in
# another world.
