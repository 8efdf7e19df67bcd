/** How the server will share an amount: the chosen fee first, then `fees` in the order given. Only for showing it beforehand. */
export function sharesOf(amount, fees, chosen = null) {
  const order = chosen === null ? fees : [...fees.filter((fee) => fee.id === chosen), ...fees.filter((fee) => fee.id !== chosen)];
  let left = amount;
  const shares = [];
  for (const fee of order) {
    const part = Math.min(left, fee.owed);
    if (part <= 0) continue;
    shares.push({ ...fee, part, rest: fee.owed - part });
    left -= part;
  }
  return { shares, credit: left };
}
