"use strict";
(() => {
  const all = (query, root = document) => [...root.querySelectorAll(query)];

  // a slider below a figure moves the one curve in it whose id ends in "moving"
  for (const figure of all("figure[data-live]")) {
    const live = JSON.parse(figure.dataset.live);
    const curve = figure.querySelector('[id$="-moving"] path');
    const box = document.createElement("div");
    box.className = "moves";
    if (curve) (live.kind === "frames" ? frames : weights)(live, curve, box);
    figure.insertBefore(box, figure.querySelector("figcaption"));
    for (const hint of all(".hint", figure)) hint.hidden = false;
  }

  function slider(box, name, low, high, step, value, changed) {
    const label = document.createElement("label");
    const input = Object.assign(document.createElement("input"), { type: "range", min: low, max: high, step, value });
    const output = document.createElement("output");
    label.append(name, input, output);
    box.append(label);
    input.addEventListener("input", () => changed(Number(input.value), output));
    return () => changed(Number(input.value), output);
  }

  function line(box) {
    const last = document.createElement("div");
    last.className = "last";
    const said = document.createElement("output");
    said.className = "said";
    said.setAttribute("aria-live", "polite");
    last.append(said);
    box.append(last);
    return said;
  }

  // a button that pulls the slider from its beginning, or from where it stands, to its end in about four seconds
  function player(box) {
    const input = box.querySelector("input");
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Play" });
    let timer;
    const stop = () => {
      clearInterval(timer);
      button.textContent = "Play";
      button.setAttribute("aria-pressed", "false");
    };
    const step = () => {
      input.value = Number(input.value) + 1;
      input.dispatchEvent(new Event("input"));
      if (input.value === input.max) stop();
    };
    button.addEventListener("click", () => {
      if (button.getAttribute("aria-pressed") === "true") return stop();
      if (input.value === input.max) {
        input.value = input.min;
        input.dispatchEvent(new Event("input"));
      }
      button.textContent = "Pause";
      button.setAttribute("aria-pressed", "true");
      timer = setInterval(step, 4000 / (Number(input.max) + 1));
    });
    input.addEventListener("pointerdown", stop);
    stop();
    box.querySelector(".last").append(button);
  }

  function frames(live, curve, box) {
    let said;
    const show = slider(box, "stage", 0, live.paths.length - 1, 1, live.paths.length - 1, (at, output) => {
      curve.setAttribute("d", live.paths[at]);
      output.textContent = `${at + 1} / ${live.paths.length}`;
      said.textContent = live.captions[at];
    });
    said = line(box);
    player(box);
    show();
  }

  function weights(live, curve, box) {
    const now = [...live.weights];
    const [left, right] = [Math.min(...live.x), Math.max(...live.x)];
    const place = (x, y) => `${(live.origin[0] + x * live.unit[0]).toFixed(1)} ${(live.origin[1] + y * live.unit[1]).toFixed(1)}`;
    let said;
    const update = () => {
      const at = (x) => now[0] + now[1] * x;
      curve.setAttribute("d", `M${place(left, at(left))}L${place(right, at(right))}`);
      const loss = live.x.reduce((sum, x, i) => sum + (live.y[i] - at(x)) ** 2, 0);
      if (said) said.textContent = `loss ${loss.toLocaleString("en-GB", { maximumFractionDigits: 1 })}`;
    };
    const shown = ["intercept", "slope"].map((name, i) =>
      slider(box, name, i ? 0 : -5, i ? 4 : 10, i ? 0.02 : 0.1, now[i], (value, output) => {
        now[i] = value;
        output.textContent = value.toFixed(i ? 2 : 1);
        update();
      }));
    said = line(box);
    shown.forEach((show) => show());
  }

  // fold and unfold all code at once
  const code = all(".cell details");
  const fold = document.querySelector("[data-fold]");
  fold.hidden = false;
  fold.addEventListener("click", () => {
    const folded = fold.getAttribute("aria-pressed") !== "true";
    fold.setAttribute("aria-pressed", String(folded));
    fold.textContent = folded ? "Open all code" : "Fold all code";
    for (const each of code) each.open = !folded;
  });
})();
