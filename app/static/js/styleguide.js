/** The style guide: a chart with something in it and one without, in each theme. */
import { screen } from "./shell.js";
import { createChart } from "./lib/charts.js";
import { t } from "./lib/words.js";

const CLASSES = ["Basic 1", "Basic 2", "Basic 3", "Basic 4"];
const PAID = [1_250_000, 980_000, 1_410_000, 760_000];
const OWED = [210_000, 330_000, 90_000, 405_000];

const definition = (paid, owed) => ({
  type: "bar",
  money: true,
  stacked: true,
  labels: () => CLASSES,
  series: [
    { name: "collected", label: t("Collected"), values: () => paid },
    { name: "arrears", label: t("Outstanding"), values: () => owed },
  ],
  words: () => CLASSES.join(", "),
});

for (const figure of document.querySelectorAll("[data-chart]")) {
  const isEmpty = figure.dataset.chart.startsWith("empty");
  createChart(figure, isEmpty ? definition([0, 0, 0, 0], [0, 0, 0, 0]) : definition(PAID, OWED), { Chart: window.Chart, money: screen.money });
}
