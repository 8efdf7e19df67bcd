/** Money for people's eyes; everywhere else it is an integer in minor units. */
export function createMoney({ locale = "en-GH", currency = "GHS" } = {}) {
  const exact = new Intl.NumberFormat(locale, { style: "currency", currency });
  const whole = new Intl.NumberFormat(locale, { style: "currency", currency, minimumFractionDigits: 0, maximumFractionDigits: 0 });
  const short = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
  const { maximumFractionDigits: digits } = exact.resolvedOptions();
  const scale = 10 ** digits;
  const grouped = new RegExp(`^(\\d+|\\d{1,3}(,\\d{3})+)(\\.\\d{1,${digits || 1}})?$`);
  return {
    /** GH₵1,234.50 */
    format: (minor) => exact.format(minor / scale),
    /** GH₵1,235, for a wall that is read from afar. */
    whole: (minor) => whole.format(minor / scale),
    /** ["1,235", "GH₵", ""]: the number, and its unit before or after it, which may be drawn smaller. */
    wholeParts(minor) {
      const parts = whole.formatToParts(minor / scale);
      const text = (some) => some.map(({ value }) => value).join("");
      const first = parts.findIndex(({ type }) => isNumber(type));
      const last = parts.length - [...parts].reverse().findIndex(({ type }) => isNumber(type));
      return [text(parts.slice(first, last)), text(parts.slice(0, first)), text(parts.slice(last))];
    },
    /** 1.2K, for the axis of a chart. */
    short: (minor) => short.format(minor / scale),
    /** 1234.50, as a field of a form holds it. */
    plain: (minor) => (minor / scale).toFixed(digits),
    /** Minor units of what was typed, or null; only for showing what was understood: the server decides. */
    read(text) {
      const typed = text.trim();
      return grouped.test(typed) ? Math.round(Number(typed.replace(/,/g, "")) * scale) : null;
    },
  };
}

const isNumber = (type) => type === "integer" || type === "minusSign";

let ours = null;

/** The school's own money, as the page's data attributes name it. */
export function schoolMoney() {
  ours = ours || createMoney(document.body.dataset);
  return ours;
}

export const formatMoney = (minor) => schoolMoney().format(minor);
