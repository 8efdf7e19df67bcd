import assert from "node:assert/strict";
import { test } from "node:test";
import { visited } from "../../app/static/js/lib/visited.js";

function store() {
  const kept = new Map();
  return { kept, getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text) };
}

test("only addresses of records are kept, the newest first, each once, eight at most", () => {
  const storage = store();
  const places = visited(storage, 5);
  for (const path of ["/students/1", "/fees", "/students", "/students/1/edit", "/receipts/R-000001", "/students/1"]) places.note(path);
  assert.deepEqual(places.read(), ["/students/1", "/receipts/R-000001"]);
  for (let id = 10; id < 30; id += 1) places.note(`/classes/${id}`);
  assert.equal(places.read().length, 8);
  assert.equal(places.read()[0], "/classes/29");
  assert.match([...storage.kept.values()].join(), /^[[\]"\w/,-]*$/);
});

test("what one user opened is nothing for another, and a broken store is an empty one", () => {
  const storage = store();
  visited(storage, 5).note("/students/1");
  assert.deepEqual(visited(storage, 6).read(), []);
  storage.kept.set("visited:5", "{");
  assert.deepEqual(visited(storage, 5).read(), []);
});
