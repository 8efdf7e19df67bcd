/**
 * Texts in the page's language: English as it stands in the modules, or the catalogue that the page loaded before them
 * (`globalThis.schoolWords`). A text without a translation stays English.
 */
const ENGLISH = { texts: {}, plural: (n) => (n === 1 ? 0 : 1) };

const catalogue = () => globalThis.schoolWords || ENGLISH;

/** `t("{name} owes {amount}", { name, amount })` */
export function t(text, values = {}) {
  return fill(catalogue().texts[text] || text, values);
}

/** `tn("{n} student", "{n} students", count)`; `{n}` is the number in the page's own form. */
export function tn(one, many, n, values = {}) {
  const { texts, plural } = catalogue();
  const forms = texts[one];
  const text = forms ? forms[plural(n)] : [one, many][ENGLISH.plural(n)];
  return fill(text, { n: numberText(n), ...values });
}

const formats = new Map();

/** A whole number as the page's language writes it. */
export function numberText(n) {
  const language = pageLanguage();
  if (!formats.has(language)) formats.set(language, new Intl.NumberFormat(language));
  return formats.get(language).format(n);
}

/** The language of the page, as Intl takes it. */
export function pageLanguage() {
  return (globalThis.document && globalThis.document.documentElement.lang) || "en";
}

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
