/** The four charts of the dashboard and the wall: which figures they show and what they say in words. No DOM. */
import { lastDays, lastMonths } from "./clock.js";

/** `school`: `{ state, money, locale, today(), classes() }`; classes are `{ id, name }`. */
export function chartDefinitions({ state, money, locale, today, classes }) {
  const monthName = new Intl.DateTimeFormat(locale, { month: "short", timeZone: "UTC" });
  const dayName = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" });
  const months = () => lastMonths(today(), 12);
  const days = () => lastDays(today(), 30);
  // A day without a register is no day of school: weekends would look like empty classes.
  const schoolDays = () => days().filter((day) => present(day) || absent(day));
  const value = (name) => state.get(name) || 0;
  const present = (day) => value(`attendance_${day}`);
  const absent = (day) => value(`attendance_${day}_absent`);
  const values = (keys, name) => keys().map((key) => value(name(key)));
  const shortMonth = (month) => monthName.format(new Date(`${month}-01T00:00:00Z`));
  const shortDay = (day) => dayName.format(new Date(`${day}T00:00:00Z`));
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

  const income = () => values(months, (month) => `monthly_income_${month}`);
  const expenses = () => values(months, (month) => `monthly_expenses_${month}`);
  const collections = () => values(days, (day) => `daily_fees_${day}`);
  const collected = () => values(classes, ({ id }) => `class_${id}_fees_collected`);
  const outstanding = () => values(classes, ({ id }) => `class_${id}_fees_outstanding`);

  return {
    "income-expenses": {
      type: "bar",
      money: true,
      labels: () => months().map(shortMonth),
      series: [
        { name: "income", label: "Income", values: income },
        { name: "expense", label: "Expenses", values: expenses },
      ],
      words: () => `Last 12 months: income ${money.format(sum(income()))}, expenses ${money.format(sum(expenses()))}. This month: income ${money.format(income()[11])}, expenses ${money.format(expenses()[11])}.`,
    },
    collections: {
      type: "bar",
      money: true,
      labels: () => days().map(shortDay),
      series: [{ name: "collected", label: "Collected", values: collections }],
      words() {
        const amounts = collections();
        const best = amounts.indexOf(Math.max(...amounts));
        return `Last 30 days: ${money.format(sum(amounts))} collected, ${money.format(amounts[29])} of it today. Best day: ${shortDay(days()[best])} with ${money.format(amounts[best])}.`;
      },
    },
    classes: {
      type: "bar",
      money: true,
      stacked: true,
      labels: () => classes().map(({ name }) => name),
      series: [
        { name: "collected", label: "Collected", values: collected },
        { name: "arrears", label: "Outstanding", values: outstanding },
      ],
      words: () => classes().map(({ name }, i) => `${name}: ${money.format(collected()[i])} collected, ${money.format(outstanding()[i])} outstanding.`).join(" ") || "No classes yet.",
    },
    attendance: {
      type: "bar",
      stacked: true,
      labels: () => schoolDays().map(shortDay),
      series: [
        { name: "present", label: "Present", values: () => schoolDays().map(present) },
        { name: "absent", label: "Absent", values: () => schoolDays().map(absent) },
      ],
      words() {
        const taken = schoolDays();
        if (!taken.length) return "No register in the last 30 days.";
        const last = taken[taken.length - 1];
        return `${taken.length} days with a register in the last 30. ${shortDay(last)}: ${present(last)} present, ${absent(last)} absent.`;
      },
    },
  };
}
