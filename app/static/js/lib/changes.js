/** A figure against what it was on the same day of the last term, in words; the sign and the tone only say it again. */
import { numberText, t } from "./words.js";

/**
 * `{ direction: "up" | "down" | "same", tone: "good" | "bad" | "plain", text, than }`, or null when there is nothing to compare;
 * `text` is enough where `than` is said elsewhere.
 *
 * `kind`: "money" (minor units), "count" or "percent" (whole points). `wanted`: "more" or "less" is good news, "" neither.
 */
export function changeOf({ now, before, kind, wanted = "", money }) {
  if (now === null || now === undefined || before === null || before === undefined) return null;
  const direction = now > before ? "up" : now < before ? "down" : "same";
  const tone = direction === "same" || !wanted ? "plain" : (direction === "up") === (wanted === "more") ? "good" : "bad";
  const text = wordsOf(direction, Math.abs(now - before), before, kind, money);
  return { direction, tone, text, than: direction === "same" ? t("as last term") : t("than last term") };
}

function wordsOf(direction, by, before, kind, money) {
  if (direction === "same") return t("the same");
  const isMore = direction === "up";
  if (kind === "percent") return isMore ? t("{n} points more", { n: numberText(by) }) : t("{n} points less", { n: numberText(by) });
  if (kind === "count") return isMore ? t("{n} more", { n: numberText(by) }) : t("{n} fewer", { n: numberText(by) });
  const share = before > 0 ? Math.round((by / before) * 100) : 0;
  // "1,400% more" says less than the amount itself, and so does a share of nothing.
  const amount = share >= 1 && share < 200 ? `${numberText(share)}%` : money.whole(by);
  return isMore ? t("{amount} more", { amount }) : t("{amount} less", { amount });
}
