/** Let the browser keep the page "No connection" and the program's files, where it can: only at a secure address. */
const WORKER = "/service-worker.js";

export function keepOffline(world = window) {
  const { serviceWorker } = world.navigator;
  // One that is at work already looks by itself, with every page, whether there is a newer one.
  if (!world.isSecureContext || !serviceWorker || serviceWorker.controller) return;
  // A browser that keeps nothing shows its own page when there is no line.
  const begin = () => serviceWorker.register(trusted(world, WORKER), { scope: "/" }).catch(() => {});
  // What the page itself needs comes first.
  if (world.document.readyState === "complete") begin();
  else world.addEventListener("load", begin, { once: true });
}

/** The policy of the pages takes an address of a script only from here, and this gives only one. */
function trusted({ trustedTypes }, address) {
  if (!trustedTypes) return address;
  const createScriptURL = (asked) => {
    if (asked !== WORKER) throw new TypeError(`not our service worker: ${asked}`);
    return asked;
  };
  return trustedTypes.createPolicy("service-worker", { createScriptURL }).createScriptURL(address);
}
