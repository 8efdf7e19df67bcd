/** Let the browser keep the page "No connection" and the program's files, where it can: only at a secure address. */
const WORKER = "/service-worker.js";

export function keepOffline(world = window) {
  const { serviceWorker } = world.navigator;
  if (!world.isSecureContext || !serviceWorker) return;
  // What the page itself needs comes first.
  if (world.document.readyState === "complete") begin(world, serviceWorker);
  else world.addEventListener("load", () => begin(world, serviceWorker), { once: true });
}

function begin(world, serviceWorker) {
  const { controller } = serviceWorker;
  // One that is at work asks whether there is something newer to keep.
  if (controller) controller.postMessage("opened");
  // A browser that keeps nothing shows its own page when there is no line.
  else serviceWorker.register(trusted(world, WORKER), { scope: "/" }).catch(() => {});
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
