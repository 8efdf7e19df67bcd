/** Texts compared as the server compares names: whatever their case, accents, apostrophes and order of words. */
const PLAIN = { ɛ: "e", ɔ: "o", ŋ: "n", ɖ: "d", ƒ: "f", ɣ: "g", ʋ: "v", ø: "o", ł: "l", đ: "d", ð: "d", ı: "i", æ: "ae", œ: "oe", þ: "th", ß: "ss" };

export function fold(text) {
  const plain = [...text.toLowerCase()].map((letter) => PLAIN[letter] ?? letter).join("");
  return plain
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/['’ʼ‘`]/g, "")
    .split(/\s+/)
    .filter(Boolean)
    .join(" ");
}

/** Whether a text has all words of a query. */
export function hasAll(text, query) {
  const folded = fold(text);
  return fold(query)
    .split(" ")
    .every((word) => folded.includes(word));
}
