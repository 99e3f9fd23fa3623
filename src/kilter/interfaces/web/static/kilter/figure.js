/* Draws the figures of a page. The drawing script (0.9 MB) is only fetched where a figure stands. */
"use strict";
(() => {
  let bundle = null;

  const load = (address) => {
    bundle ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = resolve;
      script.onerror = () => reject(new Error("the drawing script did not arrive"));
      document.head.append(script);
    });
    return bundle;
  };

  const colours = () => {
    const style = getComputedStyle(document.documentElement);
    const ink = style.getPropertyValue("--ink").trim();
    const line = style.getPropertyValue("--line").trim();
    const axis = { labelColor: ink, titleColor: ink, tickColor: line, domainColor: line, gridColor: line };
    return {
      background: "transparent",
      view: { stroke: line },
      axis, legend: { labelColor: ink, titleColor: ink }, title: { color: ink },
      header: { labelColor: ink, titleColor: ink },
    };
  };

  const draw = async (place) => {
    const spec = JSON.parse(document.getElementById(place.dataset.spec).textContent);
    await load(place.dataset.bundle);
    await window.vegaEmbed(place, { ...spec, config: { ...colours(), ...spec.config } }, {
      ast: true, actions: false, renderer: "canvas", defaultStyle: false, tooltip: false,
    });
    place.dataset.drawn = "yes";
  };

  const drawAll = (root) => {
    for (const place of root.querySelectorAll("[data-spec]")) {
      draw(place).catch((error) => { place.textContent = `This figure could not be drawn: ${error.message}`; });
    }
  };

  document.addEventListener("DOMContentLoaded", () => drawAll(document));
  document.addEventListener("htmx:afterSwap", (event) => drawAll(event.detail.target));
  document.addEventListener("kilter:theme", () => drawAll(document));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll(document));
  matchMedia("print").addEventListener("change", () => drawAll(document));
})();
