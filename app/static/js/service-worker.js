/* Works beside the pages, where the address is secure. It keeps what tells nothing of the school: the page "No connection"
   and files whose address changes with their content. Pages are always the server's own; nothing behind the sign-in is kept.
   What is to be kept is asked for and not written in here, so that this file changes with a release at most: while a browser
   puts another worker in the place of this one, a page that is asked for may never come. */
(() => {
  const PAGE = "/offline";
  const LIST = "/offline/kept";

  self.addEventListener("install", (event) => event.waitUntil(keep()));
  self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
  // A page was opened. Without a line what is kept stays as it is.
  self.addEventListener("message", (event) => event.waitUntil(keep().catch(() => {})));
  self.addEventListener("fetch", (event) => {
    const { request } = event;
    if (request.method !== "GET") return;
    if (request.mode === "navigate" && isOurs(request)) event.respondWith(fetch(request).catch(noConnection));
    else if (isForGood(request)) event.respondWith(file(request));
  });

  const isOurs = ({ url }) => new URL(url).origin === self.location.origin;

  function isForGood(request) {
    const { pathname, search } = new URL(request.url);
    return isOurs(request) && (/^\/(static|logo)\//.test(pathname) || (pathname === "/brand.css" && search.startsWith("?v=")));
  }

  /** Keep what the server names now, and drop what it named before. */
  async function keep() {
    // Without cookies: what is kept cannot be anybody's.
    const answer = await fetch(LIST, { credentials: "omit", cache: "no-cache" });
    if (!answer.ok) throw new TypeError(`${LIST} answered ${answer.status}`);
    const { name, files } = await answer.json();
    const cache = await caches.open(name);
    if (!(await cache.match(PAGE))) await cache.addAll([ask(PAGE, "reload"), ...files.map((url) => ask(url, "default"))]);
    const others = (await caches.keys()).filter((other) => other !== name);
    await Promise.all(others.map((other) => caches.delete(other)));
  }

  const ask = (url, cache) => new Request(url, { credentials: "omit", cache });

  async function noConnection() {
    return (await caches.match(PAGE)) || Response.error();
  }

  async function file(request) {
    const kept = await caches.match(request, { ignoreVary: true });
    if (kept) return kept;
    const answer = await fetch(request);
    const name = (await caches.keys()).at(-1);
    if (name && answer.status === 200 && answer.type === "basic") {
      const copy = answer.clone();
      const cache = await caches.open(name);
      // A full disk is no reason not to answer.
      await cache.put(request, copy).catch(() => {});
    }
    return answer;
  }
})();
