/** The tiles of the wall: what each shows, what it is compared with, and its past. No DOM. */
import { lastDays } from "./clock.js";
import { numberText, t } from "./words.js";

const DAYS = 30;
const SCHOOL_DAYS = 20;

/**
 * `school`: `{ state, money, today(), classes(), term(), lastTerm(), history() }`.
 *
 * A tile may have: `kind` (how it is written), `value()`; `before` (the name of the figure of the last term) or
 * `beforeOf(figures)`; `wanted` ("more" or "less" is good news); `past()` and `drawing` ("bars" or "line"); `label()`;
 * `note()`, which is said in place of the change, and `otherwise()` while there is none; `target()`, a bar that fills. A value that is not known is null.
 */
export function tileDefinitions({ state, money, today, classes, term, history }) {
  const value = (name) => state.get(name) || 0;
  const sumOfDays = (days, name) => days.reduce((sum, day) => sum + value(name(day)), 0);
  const fees = (day) => value(`daily_fees_${day}`);
  const marks = (day) => ["", "_absent", "_late", "_excused"].map((mark) => value(`attendance_${day}${mark}`));
  const taken = (day) => marks(day).some(Boolean);
  const schoolDays = () => lastDays(today(), 60).filter(taken).slice(-SCHOOL_DAYS);
  const rate = ([present, absent, late, excused]) => percent(present + late, present + absent + late + excused);
  const attendance = (mark) => () => schoolDays().map((day) => value(`attendance_${day}${mark}`));
  const owed = ({ id }) => value(`class_${id}_fees_outstanding`);
  const owesMost = () => classes().reduce((most, one) => (owed(one) > (most ? owed(most) : 0) ? one : most), null);

  function collectedTerm() {
    const known = term();
    return known ? known.before + sumOfDays(daysFrom(known.since, today()), (day) => `daily_fees_${day}`) : null;
  }

  return {
    "collected-today": { kind: "money", value: () => fees(today()), before: "collected_day", wanted: "more" },
    "collected-term": {
      kind: "money",
      value: collectedTerm,
      before: "collected_term",
      wanted: "more",
      drawing: "line",
      past() {
        let left = collectedTerm();
        const amounts = [];
        for (const day of lastDays(today(), DAYS).reverse()) {
          amounts.unshift(term() && day >= term().since ? left : null);
          left -= fees(day);
        }
        return amounts;
      },
      target() {
        const known = term();
        return known && known.target ? { share: collectedTerm() / known.target, text: t("{n}% of {amount}", { n: percent(collectedTerm(), known.target), amount: money.whole(known.target) }) } : null;
      },
    },
    "collected-year": { kind: "money", drawing: "bars", past: () => lastDays(today(), DAYS).map(fees) },
    outstanding: {
      kind: "money",
      value: () => value("total_outstanding_fees"),
      before: "outstanding",
      wanted: "less",
      drawing: "line",
      past: () => [...history().outstanding, value("total_outstanding_fees")],
    },
    present: { kind: "count", value: () => (taken(today()) ? value(`attendance_${today()}`) : null), before: "present", wanted: "more", otherwise: () => (taken(today()) ? t("of {n} in the registers", { n: numberText(marks(today()).reduce((sum, mark) => sum + mark, 0)) }) : t("No register yet")) },
    "attendance-rate": {
      kind: "percent",
      value: () => rate(marks(today())),
      beforeOf: ({ present, absent, late, excused }) => (present === undefined ? null : rate([present, absent, late, excused])),
      wanted: "more",
      drawing: "line",
      past: () => schoolDays().map((day) => rate(marks(day))),
    },
    absent: { kind: "count", value: () => (taken(today()) ? value(`attendance_${today()}_absent`) : null), before: "absent", wanted: "less", drawing: "bars", past: attendance("_absent") },
    late: { kind: "count", value: () => (taken(today()) ? value(`attendance_${today()}_late`) : null), before: "late", wanted: "less", drawing: "bars", past: attendance("_late") },
    students: {
      kind: "count",
      value: () => value("total_enrollment"),
      before: "students",
      wanted: "more",
    },
    teachers: { kind: "count" },
    "per-teacher": { kind: "count", note: () => t("students"), value: () => (value("total_teachers") ? Math.round(value("total_enrollment") / value("total_teachers")) : null) },
    "paid-share": {
      kind: "percent",
      value: () => percent(value("total_fees_collected"), value("total_fees_billed")),
      note: () => t("{part} of {whole}", { part: money.whole(value("total_fees_collected")), whole: money.whole(value("total_fees_billed")) }),
      target: () => (value("total_fees_billed") ? { share: value("total_fees_collected") / value("total_fees_billed"), text: t("{amount} still owed", { amount: money.whole(value("total_outstanding_fees")) }) } : null),
    },
    "in-arrears": { kind: "count" },
    "most-owed": {
      kind: "money",
      value: () => (owesMost() ? owed(owesMost()) : 0),
      note: () => (owesMost() ? owesMost().name : t("Nobody owes anything")),
    },
  };
}

/** Whole points of a hundred, rounded so that only all of it is 100; null of nothing. */
export function percent(part, whole) {
  if (!(whole > 0)) return null;
  const points = Math.round((part / whole) * 100);
  return points === 100 && part < whole ? 99 : points;
}

/** Every day from `first` up to and with `last`, as YYYY-MM-DD. */
export function daysFrom(first, last) {
  const count = Math.round((Date.parse(`${last}T00:00:00Z`) - Date.parse(`${first}T00:00:00Z`)) / 86400000) + 1;
  return lastDays(last, Math.max(0, count));
}
