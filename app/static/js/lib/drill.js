/** A bar or point of a chart leads to its rows; the same links stand in the table below, for the keyboard. */

/** `links(place, series)` is the address behind a bar. On a touch screen the first tap shows the figure, the second goes. */
export function leadToRows(chart, links, go = (href) => window.location.assign(href)) {
  let tapped = null;
  chart.canvas.addEventListener("click", (event) => {
    const [hit] = chart.getElementsAtEventForMode(event, "nearest", { intersect: false }, true);
    const href = hit && links(hit.index, hit.datasetIndex);
    if (!href) return;
    const waits = event.pointerType === "touch" && tapped !== href;
    tapped = href;
    if (!waits) go(href);
  });
}
