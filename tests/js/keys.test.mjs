import assert from "node:assert/strict";
import { test } from "node:test";
import { Keys, strokeOf } from "../../app/static/js/lib/keys.js";

/** A field, or the page itself, as far as keys look at it. */
function target(kind, { type = "text", value = "", money = false } = {}) {
  const names = { input: ["input"], textarea: ["textarea, select"], body: [] }[kind];
  return { type, value, isContentEditable: false, matches: (selector) => names.includes(selector) || (money && selector === "[data-money-input]") };
}

const BODY = target("body");

function press(keys, key, { on = BODY, ...held } = {}) {
  const event = { key, target: on, prevented: false, preventDefault: () => (event.prevented = true), stopImmediatePropagation() {}, ...held };
  keys.handle(event);
  return event.prevented;
}

function school(options = {}) {
  const done = [];
  let time = 10_000;
  const keys = new Keys({ now: () => time, ...options });
  keys.add("Everywhere", [
    { keys: "?", label: "This list", run: () => done.push("?"), anywhere: true },
    { keys: "Ctrl+K", label: "Search", run: () => done.push("search") },
    { keys: "n", label: "New", run: () => done.push("new") },
  ]);
  keys.add("Go to", [{ keys: "g d", label: "Dashboard", run: () => done.push("dashboard") }]);
  return { keys, done, pass: (ms) => (time += ms) };
}

test("a stroke is named the same on every keyboard", () => {
  assert.equal(strokeOf({ key: "?", shiftKey: true }), "?");
  assert.equal(strokeOf({ key: "G", shiftKey: false }), "g");
  assert.equal(strokeOf({ key: "G", shiftKey: true }), null);
  assert.equal(strokeOf({ key: "k", ctrlKey: true }), "Ctrl+K");
  assert.equal(strokeOf({ key: "k", ctrlKey: true }, true), null);
  assert.equal(strokeOf({ key: "k", metaKey: true }, true), "Ctrl+K");
  assert.equal(strokeOf({ key: "k", metaKey: true }), null);
  assert.equal(strokeOf({ key: "K", ctrlKey: true, shiftKey: true }), null);
  assert.equal(strokeOf({ key: "Enter", shiftKey: true }), null);
  assert.equal(strokeOf({ key: "d", altKey: true }), null);
});

test("keys do what they are entered with, and nothing else is taken from the browser", () => {
  const { keys, done } = school();
  assert.ok(press(keys, "n"));
  assert.ok(press(keys, "k", { ctrlKey: true }));
  for (const held of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }]) assert.ok(!press(keys, "n", held));
  for (const key of ["x", "F5", "Tab", "Enter", "Escape", " "]) assert.ok(!press(keys, key), key);
  assert.deepEqual(done, ["new", "search"]);
});

test("two strokes belong together for a moment only", () => {
  const { keys, done, pass } = school();
  assert.ok(press(keys, "g"));
  assert.ok(press(keys, "d"));
  assert.ok(press(keys, "g"));
  assert.ok(press(keys, "n"), "a second stroke that means nothing is not taken for a first");
  press(keys, "g");
  pass(5_000);
  press(keys, "d");
  assert.deepEqual(done, ["dashboard"]);
});

test("nothing that is typed is a key, but a field that is empty or holds an amount has no use for a question mark", () => {
  const { keys, done } = school();
  const typing = target("input", { value: "Ama" });
  for (const key of ["n", "g", "d", "?"]) assert.ok(!press(keys, key, { on: typing }), key);
  assert.ok(!press(keys, "n", { on: target("textarea") }));
  assert.ok(!press(keys, "n", { on: target("input") }));
  assert.ok(press(keys, "k", { on: typing, ctrlKey: true }));
  press(keys, "g");
  assert.ok(!press(keys, "d", { on: typing }), "a stroke that was begun takes no letter out of a field");
  assert.ok(press(keys, "?", { on: target("input") }));
  assert.ok(press(keys, "?", { on: target("input", { value: "12.50", money: true }) }));
  assert.ok(press(keys, "n", { on: target("input", { type: "radio", value: "cash" }) }));
  assert.deepEqual(done, ["search", "?", "?", "new"]);
});

test("single keys can be switched off; those of what has the focus and those with Ctrl stay", () => {
  const { keys, done } = school({ single: false });
  keys.add("On this page", [{ keys: "p", label: "Present", run: () => done.push("present"), focused: true, when: ({ target }) => target.type === "radio" }]);
  for (const key of ["n", "?", "g", "d", "p"]) assert.ok(!press(keys, key), key);
  press(keys, "p", { on: target("input", { type: "radio" }) });
  press(keys, "k", { ctrlKey: true });
  assert.deepEqual(done, ["present", "search"]);
});

test("an open dialog has its own keys", () => {
  const { keys, done } = school({ isBlocked: () => true });
  assert.ok(!press(keys, "n"));
  assert.deepEqual(done, []);
});

test("the list holds every key that does something", () => {
  const { keys } = school();
  keys.add("On this page", [{ keys: "ArrowUp ArrowDown", label: "Choose" }]);
  assert.deepEqual(
    keys.list().map(([title, entries]) => [title, entries.map(({ keys: strokes }) => strokes)]),
    [["Everywhere", ["?", "Ctrl+K", "n"]], ["Go to", ["g d"]], ["On this page", ["ArrowUp ArrowDown"]]],
  );
});
