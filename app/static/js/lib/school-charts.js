/** The four charts of the dashboard and the wall: which figures they show and what they say in words. No DOM. */
import { lastDays, lastMonths } from "./clock.js";
import { t, tn } from "./words.js";

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
        { name: "income", label: t("Income"), values: income },
        { name: "expense", label: t("Expenses"), values: expenses },
      ],
      words: () =>
        t("Last 12 months: income {income}, expenses {expenses}. This month: income {incomeNow}, expenses {expensesNow}.", {
          income: money.format(sum(income())),
          expenses: money.format(sum(expenses())),
          incomeNow: money.format(income()[11]),
          expensesNow: money.format(expenses()[11]),
        }),
    },
    collections: {
      type: "bar",
      money: true,
      labels: () => days().map(shortDay),
      series: [{ name: "collected", label: t("Collected"), values: collections }],
      words() {
        const amounts = collections();
        const best = amounts.indexOf(Math.max(...amounts));
        return t("Last 30 days: {total} collected, {today} of it today. Best day: {day} with {best}.", {
          total: money.format(sum(amounts)),
          today: money.format(amounts[29]),
          day: shortDay(days()[best]),
          best: money.format(amounts[best]),
        });
      },
    },
    classes: {
      type: "bar",
      money: true,
      stacked: true,
      labels: () => classes().map(({ name }) => name),
      series: [
        { name: "collected", label: t("Collected"), values: collected },
        { name: "arrears", label: t("Outstanding"), values: outstanding },
      ],
      words: () =>
        classes()
          .map(({ name }, i) => t("{name}: {collected} collected, {outstanding} outstanding.", { name, collected: money.format(collected()[i]), outstanding: money.format(outstanding()[i]) }))
          .join(" ") || t("No classes yet."),
    },
    attendance: {
      type: "bar",
      stacked: true,
      labels: () => schoolDays().map(shortDay),
      series: [
        { name: "present", label: t("Present"), values: () => schoolDays().map(present) },
        { name: "absent", label: t("Absent"), values: () => schoolDays().map(absent) },
      ],
      words() {
        const taken = schoolDays();
        if (!taken.length) return t("No register in the last 30 days.");
        const last = taken[taken.length - 1];
        const count = tn("{n} day with a register in the last 30.", "{n} days with a register in the last 30.", taken.length);
        return `${count} ${t("{day}: {present} present, {absent} absent.", { day: shortDay(last), present: present(last), absent: absent(last) })}`;
      },
    },
  };
}
