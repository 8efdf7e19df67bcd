/* Works beside the pages, where the address is secure. It keeps what tells nothing of the school: the page "No connection"
   and files whose address changes with their content. Pages are always the server's own; nothing behind the sign-in is kept.
   The server puts `self.kept` before this file and serves both at /service-worker.js, so that it may answer for every page. */
(() => {
  const { name, page, files } = self.kept;
  const forGood = new Set(files);

  self.addEventListener("install", (event) => event.waitUntil(install()));
  self.addEventListener("activate", (event) => event.waitUntil(dropOthers()));
  self.addEventListener("fetch", (event) => {
    const { request } = event;
    const { origin, pathname, search } = new URL(request.url);
    if (request.method !== "GET" || origin !== self.location.origin) return;
    if (request.mode === "navigate") event.respondWith(fetch(request).catch(noConnection));
    else if (pathname.startsWith("/static/") || forGood.has(pathname + search)) event.respondWith(file(request));
  });

  // A newer worker waits until no page is open. One that takes over earlier ends the other while that may be asking for a
  // page, and the page never comes.
  async function install() {
    const cache = await caches.open(name);
    // Without cookies: what is kept cannot be anybody's.
    await cache.addAll([page, ...files].map((url) => new Request(url, { credentials: "omit", cache: url === page ? "reload" : "default" })));
  }

  async function dropOthers() {
    const others = (await caches.keys()).filter((other) => other !== name);
    await Promise.all(others.map((other) => caches.delete(other)));
    await self.clients.claim();
  }

  async function noConnection() {
    return (await caches.match(page)) || Response.error();
  }

  async function file(request) {
    const kept = await caches.match(request, { ignoreVary: true });
    if (kept) return kept;
    const answer = await fetch(request);
    if (answer.status === 200 && answer.type === "basic") {
      const copy = answer.clone();
      const cache = await caches.open(name);
      // A full disk is no reason not to answer.
      await cache.put(request, copy).catch(() => {});
    }
    return answer;
  }
})();
