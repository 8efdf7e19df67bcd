/** The charts of a stretch of days: which figures they show, what they say in words, where a bar leads. No DOM. */
import { t } from "./words.js";

/** `period()` is what the server said of the stretch (app/web/periods.py); live figures are added up where it names them. */
export function periodCharts({ state, money, period }) {
  const value = (key, place) => {
    const names = period().names[key]?.[place];
    return names ? state.sum(names) : period()[key][place];
  };
  const values = (key) => period().labels.map((_, place) => value(key, place));
  const registers = () => period().labels.map((_, place) => place).filter((place) => period().present[place] || period().absent[place]);
  const at = (key) => registers().map((place) => period()[key][place]);
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

  return {
    collections: {
      type: "bar",
      money: true,
      labels: () => period().labels,
      series: [{ name: "collected", label: t("Collected"), values: () => values("collected") }],
      links: (place) => period().links.collected[place],
      words: () => collectedWords(period(), values("collected"), money),
    },
    "income-expenses": {
      type: "bar",
      money: true,
      labels: () => period().labels,
      series: [
        { name: "income", label: t("Income"), values: () => values("income") },
        { name: "expense", label: t("Expenses"), values: () => values("expenses") },
      ],
      links: (place, series) => period().links[series ? "expenses" : "income"][place],
      words: () => t("{stretch}: income {income}, expenses {expenses}.", { stretch: stretch(period()), income: money.format(sum(values("income"))), expenses: money.format(sum(values("expenses"))) }),
    },
    attendance: {
      type: "bar",
      stacked: true,
      labels: () => at("labels"),
      series: [
        { name: "present", label: t("Present"), values: () => at("present") },
        { name: "absent", label: t("Absent"), values: () => at("absent") },
      ],
      links: (place) => period().links.attendance[registers()[place]],
      words() {
        const taken = registers();
        if (!taken.length) return t("{stretch}: no register.", { stretch: stretch(period()) });
        const place = taken[taken.length - 1];
        return t("{stretch}. {part}: {present} present, {absent} absent.", { stretch: stretch(period()), part: period().titles[place], present: period().present[place], absent: period().absent[place] });
      },
    },
  };
}

const stretch = ({ kind, title, current, labels }) => (kind !== "day" ? title : current ? t("Last {days} days", { days: labels.length }) : t("{days} days up to {day}", { days: labels.length, day: title }));

function collectedWords(period, amounts, money) {
  const total = money.format(amounts.reduce((sum, amount) => sum + amount, 0));
  if (!amounts.length) return t("{stretch}: nothing collected yet.", { stretch: stretch(period) });
  const best = amounts.indexOf(Math.max(...amounts));
  const words = { stretch: stretch(period), total, part: period.labels[best], most: money.format(amounts[best]), last: money.format(amounts[amounts.length - 1]) };
  if (period.kind !== "day") return t("{stretch}: {total} collected. Best: {part} with {most}.", words);
  if (period.current) return t("{stretch}: {total} collected, {last} of it today. Best day: {part} with {most}.", words);
  return t("{stretch}: {total} collected, {last} of it on that day. Best day: {part} with {most}.", words);
}
