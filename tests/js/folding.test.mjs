import assert from "node:assert/strict";
import { test } from "node:test";
import { fold, hasAll } from "../../app/static/js/lib/folding.js";

test("texts are compared as the server compares names", () => {
  assert.equal(fold("  Àma  N'Guessan "), "ama nguessan");
  assert.equal(fold("Ɔwusu-Ɛno"), "owusu-eno");
  assert.equal(fold("Élève œuvre"), "eleve oeuvre");
});

test("all words are there, in any order", () => {
  assert.ok(hasAll("Nouvel élève", "eleve nouv"));
  assert.ok(!hasAll("New student", "new fee"));
  assert.ok(hasAll("New student", ""));
});
