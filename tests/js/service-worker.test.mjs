import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const SOURCE = readFileSync(new URL("../../app/static/js/service-worker.js", import.meta.url), "utf8");
const PAGE = "/offline";
const LIST = "/offline/kept";
const KEPT = { name: "schoolpulse-2", files: ["/static/2/css/base.css", "/brand.css?v=abc"] };
const HOME = "https://school.example";

/** A browser with one service worker in it; `line` answers requests, or throws when there is none. */
async function browser({ line = () => answer("of the server"), others = [] } = {}) {
  const stores = new Map(others.map((name) => [name, new Map()]));
  const listeners = {};
  const asked = [];
  const said = { ...KEPT, credentials: [], isThere: true, isRight: true };
  const path = (request) => new URL(request.url ?? request, HOME).href.slice(HOME.length);
  const open = async (name) => {
    if (!stores.has(name)) stores.set(name, new Map());
    const store = stores.get(name);
    return {
      match: async (wanted) => store.get(path(wanted)),
      addAll: async (requests) => requests.forEach((request) => store.set(path(request), { body: `kept ${path(request)}`, of: request })),
      put: async (request, body) => store.set(path(request), body),
    };
  };
  const fetch = async (request, options) => {
    if (path(request) !== LIST) {
      asked.push(path(request));
      return line(request);
    }
    said.credentials.push(options.credentials);
    if (!said.isThere) throw new TypeError("Failed to fetch");
    return said.isRight ? { ok: true, json: async () => ({ name: said.name, files: said.files }) } : { ok: false, json: async () => ({ error: {} }) };
  };
  const skipWaiting = () => assert.fail("it takes over from a worker that may be asking for a page");
  const self = { location: { origin: HOME }, addEventListener: (name, run) => (listeners[name] = run), skipWaiting, clients: { claim() {} } };
  const caches = {
    open,
    keys: async () => [...stores.keys()],
    delete: async (name) => stores.delete(name),
    match: async (request) => [...stores.values()].map((store) => store.get(path(request))).find(Boolean),
  };
  class Request {
    constructor(url, options) {
      Object.assign(this, { url: HOME + url, ...options });
    }
  }
  vm.runInNewContext(SOURCE, { self, caches, fetch, Request, Response: { error: () => "an error" }, URL });
  const happen = async (name) => {
    let work;
    listeners[name]({ waitUntil: (promise) => (work = promise) });
    await work;
  };
  /** What the worker answers; undefined when it leaves the request to the browser. */
  const ask = async (url, { method = "GET", mode = "cors" } = {}) => {
    let given;
    listeners.fetch({ request: { url: new URL(url, HOME).href, method, mode }, respondWith: (promise) => (given = promise) });
    return given;
  };
  await happen("install");
  await happen("activate");
  return { ask, asked, stores, said, opened: () => happen("message") };
}

const answer = (body, { status = 200, type = "basic" } = {}) => ({ body, status, type, clone: () => `copy of ${body}` });
const noLine = () => {
  throw new TypeError("Failed to fetch");
};

test("what is kept at first is asked for without cookies, and older versions go", async () => {
  const { stores, said } = await browser({ others: ["schoolpulse-1", "something else"] });
  assert.deepEqual([...stores.keys()], [KEPT.name]);
  const kept = stores.get(KEPT.name);
  assert.deepEqual([...kept.keys()], [PAGE, ...KEPT.files]);
  assert.deepEqual(new Set([...said.credentials, ...[...kept.values()].map(({ of }) => of.credentials)]), new Set(["omit"]));
});

test("a page that is opened brings what is to be kept now, once", async () => {
  const { stores, said, opened, ask } = await browser();
  const first = stores.get(KEPT.name);
  await opened();
  assert.deepEqual([...stores.values()], [first]);
  Object.assign(said, { name: "schoolpulse-3", files: ["/brand.css?v=def"] });
  await opened();
  assert.deepEqual([...stores.keys()], ["schoolpulse-3"]);
  assert.deepEqual([...stores.get("schoolpulse-3").keys()], [PAGE, "/brand.css?v=def"]);
  assert.equal((await ask("/brand.css?v=def")).body, "kept /brand.css?v=def");
});

test("without a line what is kept stays", async () => {
  const { stores, said, opened } = await browser();
  said.isThere = false;
  await opened();
  assert.equal(stores.get(KEPT.name).size, 3);
});

test("a server that cannot say what is to be kept changes nothing", async () => {
  const { stores, said, opened } = await browser();
  said.isRight = false;
  await opened();
  assert.deepEqual([...stores.keys()], [KEPT.name]);
  assert.equal(stores.get(KEPT.name).size, 3);
});

test("what was kept in part only is kept whole with the next page", async () => {
  const { stores, opened } = await browser();
  stores.get(KEPT.name).delete(PAGE);
  await opened();
  assert.deepEqual(new Set(stores.get(KEPT.name).keys()), new Set([PAGE, ...KEPT.files]));
});

test("a page is the server's own, and never kept", async () => {
  const { ask, asked, stores } = await browser();
  for (const path of ["/students/1", "/offline", "/static/2/css/base.css"]) assert.equal((await ask(path, { mode: "navigate" })).body, "of the server");
  assert.equal(asked.length, 3);
  assert.equal(stores.get(KEPT.name).size, 3, "nothing was added");
});

test("without a line a page is the one that says so", async () => {
  const { ask } = await browser({ line: noLine });
  assert.equal((await ask("/students/1", { mode: "navigate" })).body, "kept /offline");
});

test("a file with a changing address is fetched once", async () => {
  const { ask, asked, stores } = await browser();
  assert.equal((await ask("/brand.css?v=abc")).body, "kept /brand.css?v=abc");
  assert.equal(asked.length, 0);
  assert.equal((await ask("/static/2/js/desk.js")).body, "of the server");
  assert.equal(await ask("/static/2/js/desk.js"), "copy of of the server");
  assert.deepEqual(asked, ["/static/2/js/desk.js"]);
  assert.equal(stores.get(KEPT.name).size, 4);
});

test("a file that is not there, or not whole, is not kept", async () => {
  for (const given of [{ status: 404 }, { status: 206 }, { type: "opaque" }]) {
    const { ask, stores } = await browser({ line: () => answer("no", given) });
    assert.equal((await ask("/static/2/js/gone.js")).body, "no");
    assert.equal(stores.get(KEPT.name).size, 3);
  }
});

test("everything else is left to the browser", async () => {
  const { ask, asked } = await browser();
  for (const path of ["/api/v1/stats", "/socket.io/?EIO=4", "/students/search?q=a", "/brand.css", LIST, "/students/5/row", "https://other.example/static/x.js"]) assert.equal(await ask(path), undefined, path);
  for (const path of ["/desk", "/static/2/js/desk.js"]) assert.equal(await ask(path, { method: "POST", mode: "navigate" }), undefined);
  assert.equal(asked.length, 0);
});
