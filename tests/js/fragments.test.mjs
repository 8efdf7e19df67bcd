import assert from "node:assert/strict";
import { test } from "node:test";
import { fetchDocument } from "../../app/static/js/lib/fragments.js";

test("a page that is asked for over a line that swallows everything is an error in the end", async () => {
  let asked = null;
  globalThis.XMLHttpRequest = class {
    open() {
      asked = this;
    }
    setRequestHeader() {}
    send() {}
  };
  const page = fetchDocument("/fees");
  assert.ok(asked.timeout > 0, "the browser alone would wait for many minutes");
  asked.ontimeout();
  await assert.rejects(page, /cannot be reached/);
});
