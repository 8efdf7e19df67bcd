/** The charts of the wall: those of the school, drawn for readers far away, and the one of its enrolment. No DOM. */
import { chartDefinitions } from "./school-charts.js";
import { numberText, t } from "./words.js";

const MOST_ROWS = 14;

/** `school`: `{ state, money, locale, today(), classes(), history() }`; classes are `{ id, name, room }`, room for how many students. */
export function wallCharts(school) {
  const { state, money, classes, history } = school;
  const value = (name) => state.get(name) || 0;
  const owed = ({ id }) => value(`class_${id}_fees_outstanding`);
  const paid = ({ id }) => value(`class_${id}_fees_collected`);
  const students = ({ id }) => value(`class_${id}_enrollment`);
  const owing = () => foremost(classes(), owed);
  const full = () => foremost(classes(), students);
  // The newest year is the one of today, whose number moves.
  const years = () => history().years.slice(-5).map(([name, count], i, all) => [name, i === all.length - 1 ? value("total_enrollment") : count]);
  const base = chartDefinitions(school);
  const byOwed = chartDefinitions({ ...school, classes: owing });

  return {
    "income-expenses": {
      ...base["income-expenses"],
      type: "line",
      marks: () => [
        ...base["income-expenses"].series.map((series, i) => markOfLast(series, i, `${series.label} ${money.short(lastOf(series.values()))}`)),
        ...markOfBest(base["income-expenses"].series[0].values(), money),
      ],
    },
    collections: { ...base.collections, lastStands: true, marks: () => marksOfDays(base.collections.series[0].values(), money) },
    years: {
      type: "bar",
      lastStands: true,
      labels: () => years().map(([name]) => name),
      series: [{ name: "students", label: t("Students"), values: () => years().map(([, count]) => count) }],
      marks: () => years().map(([, count], index) => ({ series: 0, index, place: "above", text: numberText(count) })),
      words: () => years().map(([name, count]) => t("{name}: {n} students.", { name, n: count })).join(" "),
    },
    attendance: {
      ...base.attendance,
      marks: () => base.attendance.series.map((series, i) => markOfLast(series, i, `${numberText(lastOf(series.values()) || 0)} ${series.label.toLowerCase()}`)).filter(({ index }) => index >= 0),
    },
    classes: {
      ...byOwed.classes,
      horizontal: true,
      words: base.classes.words,
      marks: () => owing().map((one, index) => ({ series: owed(one) > 0 ? 1 : 0, index, place: "after", text: owed(one) > 0 ? money.short(owed(one)) : paid(one) > 0 ? t("all paid") : "" })),
    },
    enrolment: {
      type: "bar",
      stacked: true,
      horizontal: true,
      labels: () => full().map(({ name }) => name),
      series: [
        { name: "students", label: t("Students"), values: () => full().map(students) },
        { name: "room", label: t("Free places"), values: () => full().map((one) => Math.max(0, (one.room || 0) - students(one))) },
      ],
      marks: () => full().map((one, index) => ({ series: 0, index, place: "after", text: one.room ? t("{n} of {room}", { n: numberText(students(one)), room: numberText(one.room) }) : numberText(students(one)) })),
      words: () =>
        classes()
          .map((one) => (one.room ? t("{name}: {n} of {room} places taken.", { name: one.name, n: students(one), room: one.room }) : t("{name}: {n} students.", { name: one.name, n: students(one) })))
          .join(" ") || t("No classes yet."),
    },
  };
}

/** All of a few, in their order; of many those with the most, the most first: thirty rows cannot be read from afar. */
function foremost(all, worth) {
  return all.length <= MOST_ROWS ? all : [...all].sort((a, b) => worth(b) - worth(a)).slice(0, MOST_ROWS);
}

/** Today, if there is anything, and the best day. */
function marksOfDays(amounts, money) {
  const best = amounts.indexOf(Math.max(...amounts));
  return [...new Set([amounts.length - 1, best])].filter((index) => amounts[index] > 0).map((index) => ({ series: 0, index, place: "above", text: money.short(amounts[index]) }));
}

/** The best month, unless it is the one that is named anyway. */
function markOfBest(amounts, money) {
  const index = amounts.indexOf(Math.max(...amounts));
  return amounts[index] > 0 && index < amounts.length - 1 ? [{ series: 0, index, place: "above", text: money.short(amounts[index]) }] : [];
}

const markOfLast = (series, i, text) => ({ series: i, index: series.values().length - 1, place: "end", text });

const lastOf = (values) => values[values.length - 1];
