import assert from "node:assert/strict";
import { test } from "node:test";
import { LiveConnection } from "../../app/static/js/lib/live-connection.js";
import { FakeClock, FakeSocket } from "./support.mjs";

const AT = "2026-11-22T10:41:00Z";
const snapshot = (version = 5, metrics = { fees: [100, version] }, epoch = "a") => ({ epoch, version, at: AT, metrics });
const head = (version = 5, epoch = "a") => ({ epoch, version, at: AT, worker_age: 3 });
const delta = (base, version, metrics) => ({ epoch: "a", base, version, at: AT, metrics });

function answer(status, body = {}, headers = {}) {
  return { status, json: async () => body, headers: { get: (name) => headers[name] ?? null } };
}

function screen({ answers = [], random = 0.5, hidden = false, probeUrl = null } = {}) {
  const clock = new FakeClock();
  const socket = new FakeSocket();
  const requests = [];
  const world = { clock, socket, requests, states: [], figures: [], heard: [], hidden, probes: [], line: () => Promise.reject(new TypeError("no network")) };
  const connection = new LiveConnection({
    socket,
    clock,
    statsUrl: "/api/v1/stats",
    probeUrl,
    random: () => random,
    hidden: () => world.hidden,
    fetch: async (url, options) => {
      if (url === probeUrl) {
        world.probes.push(clock.now());
        return world.line(options.signal);
      }
      requests.push({ url, etag: options.headers["If-None-Match"], at: clock.now() });
      const next = answers.length > 1 ? answers.shift() : answers[0];
      if (!next) throw new TypeError("no network");
      if (typeof next === "function") return next(options.signal);
      return next;
    },
  });
  connection.on("status", ({ state }) => world.states.at(-1) !== state && world.states.push(state));
  connection.on("figures", (names) => world.figures.push(names));
  connection.on("notify", (message) => world.heard.push(message.id));
  connection.start();
  return Object.assign(world, { connection });
}

function live(options) {
  const world = screen(options);
  world.socket.accept();
  world.socket.hear("stats:snapshot", snapshot());
  return world;
}

test("a screen is live after the snapshot and stays so with beacons", async () => {
  const { clock, socket, states, connection } = live();
  for (let beacon = 0; beacon < 12; beacon += 1) {
    await clock.pass(10_000);
    socket.hear("stats:head", head());
  }
  assert.deepEqual(states, ["live"]);
  assert.equal(socket.asked(), 0);
  assert.equal(connection.state.get("fees"), 100);
});

test("without a beacon a connected screen is delayed after 25 s and offline after 60 s", async () => {
  const { clock, states, connection } = live();
  await clock.pass(24_000);
  assert.equal(connection.status, "live");
  await clock.pass(2_000);
  assert.equal(connection.status, "delayed");
  await clock.pass(33_000);
  assert.equal(connection.status, "delayed");
  await clock.pass(3_000);
  assert.deepEqual(states, ["live", "delayed", "offline"]);
});

test("three seconds without a socket are offline, a shorter break is not", async () => {
  const { clock, socket, states } = live();
  socket.drop("transport close");
  await clock.pass(2_000);
  socket.accept();
  socket.hear("stats:head", head());
  assert.deepEqual(states, ["live"]);
  socket.drop("transport close");
  await clock.pass(4_100);
  assert.deepEqual(states, ["live", "offline"]);
});

test("a screen that never got through says so instead of looking live", async () => {
  const { clock, states } = screen();
  await clock.pass(5_000);
  assert.deepEqual(states, ["offline"]);
});

test("a gap is asked for once, within half a second", async () => {
  const { clock, socket, connection } = live();
  socket.hear("stats:delta", delta(6, 7, { fees: [120, 7] }));
  socket.hear("stats:delta", delta(7, 8, { fees: [130, 8] }));
  assert.equal(socket.asked(), 0, "not all screens at the same moment");
  await clock.pass(500);
  assert.equal(socket.asked(), 1);
  assert.deepEqual(socket.sent.at(-1), ["hello", { epoch: "a", cursor: 5 }]);
  socket.hear("stats:snapshot", snapshot(7, { fees: [120, 7] }));
  assert.equal(connection.state.get("fees"), 130, "the delta that waited follows the snapshot");
  await clock.pass(4_000);
  assert.equal(socket.asked(), 1);
});

test("a late change of another epoch is asked about once, not for ever", async () => {
  const { clock, socket, connection } = live();
  socket.hear("stats:delta", { ...delta(3, 4, { fees: [70, 4] }), epoch: "before" });
  for (let answers = 0; answers < 5; answers += 1) {
    await clock.pass(1_000);
    socket.hear("stats:head", head(5));
  }
  assert.equal(socket.asked(), 1);
  assert.equal(connection.state.get("fees"), 100);
});

test("a question that gets no answer is asked again", async () => {
  const { clock, socket } = live();
  socket.hear("stats:delta", delta(6, 7, { fees: [120, 7] }));
  await clock.pass(6_500);
  assert.equal(socket.asked(), 2);
});

test("a beacon ahead of the cursor waits a second for the delta before it asks", async () => {
  const { clock, socket } = live();
  socket.hear("stats:head", head(6));
  await clock.pass(900);
  socket.hear("stats:delta", delta(5, 6, { fees: [110, 6] }));
  await clock.pass(3_000);
  assert.equal(socket.asked(), 0);
  socket.hear("stats:head", head(7));
  await clock.pass(1_600);
  assert.equal(socket.asked(), 1);
});

test("a beacon of another epoch asks at once; one that lags behind asks once only", async () => {
  const { clock, socket } = live();
  socket.hear("stats:head", head(1, "b"));
  await clock.pass(600);
  assert.equal(socket.asked(), 1);
  socket.hear("stats:snapshot", snapshot(9, { fees: [1, 9] }, "b"));
  for (let beacon = 0; beacon < 5; beacon += 1) {
    socket.hear("stats:head", head(4, "b"));
    await clock.pass(1_000);
    socket.hear("stats:head", head(4, "b"));
    await clock.pass(9_000);
  }
  assert.equal(socket.asked(), 2, "a room whose figures did not change has an older version, and that is no fault");
});

test("a beacon that comes before the figures does not make a screen live", async () => {
  const { clock, socket, states, connection } = screen();
  socket.accept();
  socket.hear("stats:head", head());
  await clock.pass(1_000);
  assert.deepEqual(states, []);
  assert.equal(connection.status, "connecting");
  assert.equal(socket.asked(), 1);
  socket.hear("stats:snapshot", snapshot());
  assert.deepEqual(states, ["live"]);
});

test("beacons of figures that never come do not keep a screen live", async () => {
  const { clock, socket, states } = live();
  for (let beacon = 0; beacon < 12; beacon += 1) {
    await clock.pass(10_000);
    socket.hear("stats:head", head(9));
  }
  assert.deepEqual(states, ["live", "delayed", "offline"]);
  socket.hear("stats:snapshot", snapshot(9));
  assert.equal(states.at(-1), "live");
});

test("a connect that the server leaves unanswered is followed by a question", async () => {
  const { clock, socket } = screen();
  socket.accept();
  await clock.pass(5_600);
  assert.equal(socket.asked(), 1);
});

test("a refused screen comes back by itself, from 5 s up to 60 s apart", async () => {
  const { clock, socket } = screen();
  const tries = [];
  const connect = socket.connect.bind(socket);
  socket.connect = () => {
    tries.push(clock.now());
    connect();
    socket.refuse();
  };
  socket.refuse();
  await clock.pass(300_000);
  const waits = tries.map((at, i) => at - (tries[i - 1] ?? 0));
  assert.deepEqual(waits.slice(0, 6), [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
});

test("a screen that was sent away comes back, and starts counting anew", async () => {
  const { clock, socket } = live();
  for (let times = 0; times < 3; times += 1) {
    socket.drop("io server disconnect");
    const before = socket.connects;
    await clock.pass(4_900);
    assert.equal(socket.connects, before);
    await clock.pass(200);
    assert.equal(socket.connects, before + 1);
    socket.accept();
    socket.hear("stats:head", head());
  }
});

test("an ordinary drop is left to the socket's own reconnection", async () => {
  const { clock, socket } = live();
  const before = socket.connects;
  socket.drop("transport close");
  await clock.pass(9_000);
  assert.equal(socket.connects, before);
});

test("a server that is about to stop gets its screens back one after the other", async () => {
  const { clock, socket } = live();
  socket.hear("ctl", { drain: { max_delay_ms: 8_000 } });
  socket.drop("transport close");
  const before = socket.connects;
  await clock.pass(3_900);
  assert.equal(socket.connects, before);
  await clock.pass(200);
  assert.equal(socket.connects, before + 1);
});

test("after ten seconds without a socket the figures come over HTTP, and are called delayed", async () => {
  const body = { epoch: "a", version: 9, at: AT, metrics: { fees: [900, 9] } };
  const { clock, socket, requests, states, connection } = live({ answers: [answer(200, body, { ETag: '"a:9"' }), answer(304)] });
  socket.drop("transport close");
  await clock.pass(9_000);
  assert.equal(requests.length, 0);
  await clock.pass(2_000);
  assert.equal(requests.length, 1);
  assert.equal(requests[0].etag, '"a:5"');
  assert.equal(connection.state.get("fees"), 900);
  assert.equal(connection.status, "delayed");
  await clock.pass(60_000);
  assert.equal(requests[1].etag, '"a:9"');
  for (let i = 1; i < requests.length; i += 1) assert.ok(requests[i].at - requests[i - 1].at >= 15_000 && requests[i].at - requests[i - 1].at <= 31_000);
  assert.deepEqual(states, ["live", "offline", "delayed"]);
  socket.accept();
  socket.hear("stats:head", head(9));
  assert.equal(connection.status, "live");
  await clock.pass(10_000);
  const polled = requests.length;
  await clock.pass(10_000);
  assert.equal(requests.length, polled);
});

test("while a connected server says nothing the figures come over HTTP, and are not called live", async () => {
  const body = { epoch: "a", version: 9, at: AT, metrics: { fees: [900, 9] } };
  const { clock, socket, requests, states, connection } = live({ answers: [answer(200, body, { ETag: '"a:9"' }), answer(304)] });
  await clock.pass(62_000);
  assert.equal(requests.length, 1);
  assert.equal(connection.state.get("fees"), 900);
  await clock.pass(60_000);
  assert.ok(requests.length >= 3, "it goes on asking");
  assert.deepEqual(states, ["live", "delayed", "offline", "delayed"]);
  socket.hear("stats:head", head(9));
  assert.equal(connection.status, "live");
  const polled = requests.length;
  await clock.pass(20_000);
  assert.equal(requests.length, polled);
});

for (const [kind, late] of [["figures", answer(200, snapshot(4, { fees: [90, 4] }, "b"))], ["not modified", answer(304)]]) {
  test(`an answer over HTTP that comes after the socket has spoken changes nothing: ${kind}`, async () => {
    let arrive = null;
    const { clock, socket, connection, states } = live({ answers: [new Promise((resolve) => (arrive = resolve))] });
    socket.drop("transport close");
    await clock.pass(11_000);
    socket.accept();
    socket.hear("stats:snapshot", snapshot(6, { fees: [110, 6] }));
    arrive(late);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(connection.state.get("fees"), 110);
    assert.equal(connection.state.epoch, "a");
    assert.deepEqual(states, ["live", "offline", "live"]);
  });
}

test("a hidden page does not ask over HTTP", async () => {
  const { clock, socket, requests } = live({ answers: [answer(304)], hidden: true });
  socket.drop("transport close");
  await clock.pass(60_000);
  assert.equal(requests.length, 0);
});

test("a screen without any network stays offline and keeps trying", async () => {
  const { clock, socket, requests, connection } = live();
  socket.drop("transport close");
  await clock.pass(120_000);
  assert.equal(connection.status, "offline");
  assert.ok(requests.length >= 3);
});

test("a machine that slept asks at once, and reconnects when nobody answers", async () => {
  const { clock, socket } = live();
  clock.sleep(600_000);
  await clock.pass(1_000);
  assert.equal(socket.asked(), 1);
  const before = socket.connects;
  await clock.pass(6_000);
  assert.ok(socket.connects > before, "the socket was open on our side only");
});

test("a woken screen without a socket does not wait for the next try", () => {
  const { socket, connection } = live();
  socket.drop("transport close");
  const before = socket.connects;
  connection.wake();
  assert.equal(socket.connects, before + 1);
});

test("a message is told once, however often it comes", () => {
  const { socket, heard } = live();
  for (const id of [1, 2, 1, 2, 3]) socket.hear("notify", { id, at: AT });
  assert.deepEqual(heard, [1, 2, 3]);
});

test("with a reconnect the server learns what the screen has", () => {
  const { connection } = live();
  assert.deepEqual(connection.credentials(), { epoch: "a", cursor: 5 });
  assert.deepEqual(connection.credentials("kiosk"), { epoch: "a", cursor: 5, token: "kiosk" });
});

test("a stopped connection leaves no timer and does not come back", async () => {
  const { clock, socket, connection } = live();
  connection.stop();
  const before = socket.connects;
  await clock.pass(200_000);
  assert.equal(socket.connects, before);
  assert.equal(clock.timers.length, 0);
});

/** A line that swallows what is said on it: a question ends when the one who asked gives up. */
const swallows = (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
const works = async () => answer(200);
const seeking = (options) => live({ probeUrl: "/healthz", ...options });

test("on a line that was cut somebody asks twice a second, for as long as it takes, and tries the socket when there is an answer", async () => {
  const world = seeking();
  const { clock, socket, probes, connection } = world;
  const before = socket.connects;
  socket.drop("transport close");
  await clock.pass(600_000);
  const waits = probes.slice(1).map((at, i) => at - probes[i]);
  assert.ok(waits.length > 600 && waits.every((wait) => wait >= 400 && wait <= 600), String(waits));
  assert.equal(socket.connects, before, "a browser would let a socket that failed so often wait");
  let reached = 0;
  connection.on("reachable", () => (reached += 1));
  world.line = works;
  await clock.pass(1_000);
  assert.equal(socket.connects, before + 1);
  assert.equal(reached, 1, "the page may ask for the rest while the socket is opening");
  socket.accept();
  socket.hear("stats:head", head());
  const asked = probes.length;
  await clock.pass(10_000);
  assert.equal(connection.status, "live");
  assert.equal(probes.length, asked);
});

for (const random of [0, 0.5, 0.99]) {
  test(`on a line that swallows everything no question waits for the end of another one (${random})`, async () => {
    const world = seeking({ random });
    const { clock, socket, probes } = world;
    world.line = swallows;
    socket.drop("transport close");
    await clock.pass(60_000);
    const waits = probes.slice(1).map((at, i) => at - probes[i]);
    assert.ok(waits.length > 95 && waits.every((wait) => wait <= 600), String(waits));
  });
}

test("a server that lets in and cuts off again and again is tried less often", async () => {
  const world = seeking();
  const { clock, socket } = world;
  world.line = works;
  const before = socket.connects;
  for (let times = 0; times < 10; times += 1) {
    socket.drop("transport close");
    await clock.pass(2_000);
    if (!socket.connected) socket.accept();
  }
  assert.ok(socket.connects - before <= 3, String(socket.connects - before));
});

test("a server that is back and busy is not asked whether it is there before fifteen seconds", async () => {
  const world = seeking();
  const { clock, socket, probes } = world;
  socket.drop("transport close");
  await clock.pass(20_000);
  world.line = works;
  await clock.pass(1_000);
  const asked = probes.length;
  await clock.pass(14_500);
  assert.equal(probes.length, asked);
  await clock.pass(11_000);
  assert.ok(probes.length > asked);
});

test("a socket that hangs is given up as soon as the line works again", async () => {
  const world = seeking();
  const { clock, socket } = world;
  world.line = swallows;
  socket.drop("transport close");
  await clock.pass(120_000);
  const before = socket.connects;
  world.line = works;
  await clock.pass(1_000);
  assert.equal(socket.connects, before + 1);
});

test("a socket whose answer was only held back is not given up a moment before it comes", async () => {
  const world = seeking();
  const { clock, socket } = world;
  world.line = swallows;
  socket.drop("transport close");
  world.line = works;
  await clock.pass(1_000);
  world.line = swallows;
  await clock.pass(60_000);
  const before = socket.connects;
  world.line = works;
  let waited = 0;
  while (!world.connection.late && waited < 1_000) waited += (await clock.pass(50), 50);
  await clock.pass(100);
  socket.accept();
  await clock.pass(10_000);
  assert.equal(socket.connects, before);
});

test("an attempt that was held back until the server gave it up says that the line works, and is believed once", async () => {
  const world = seeking();
  const { clock, socket, probes } = world;
  world.line = works;
  socket.drop("transport close");
  await clock.pass(1_000);
  const before = socket.connects;
  const asksAtOnce = async () => {
    await clock.pass(12_000);
    const asked = probes.length;
    socket.openAndEnd();
    return probes.length - asked;
  };
  assert.equal(await asksAtOnce(), 1);
  await clock.pass(1_000);
  assert.equal(socket.connects, before + 1);
  for (let times = 0; times < 5; times += 1) assert.equal(await asksAtOnce(), 0);
});

test("no more than four questions are on their way at once, however long the line swallows them", async () => {
  const world = seeking();
  let open = 0;
  let most = 0;
  world.line = (signal) => {
    most = Math.max(most, (open += 1));
    return swallows(signal).finally(() => (open -= 1));
  };
  world.socket.drop("transport close");
  await world.clock.pass(120_000);
  assert.ok(most > 1 && most <= 4, String(most));
  const waits = world.probes.slice(1).map((at, i) => at - world.probes[i]);
  assert.ok(Math.max(...waits) <= 700, `the longest pause was ${Math.max(...waits)} ms`);
});

test("a server that was away itself keeps its sockets for a while, and only for a while", async () => {
  const world = seeking();
  const { clock, socket } = world;
  const before = socket.connects;
  world.line = async () => answer(200, {}, { "X-Was-Away": "1" });
  await clock.pass(20_000);
  assert.equal(socket.connects, before, "it gives the socket time to answer");
  socket.hear("stats:head", head());
  await clock.pass(10_000);
  assert.equal(socket.connects, before);
  await clock.pass(30_000);
  assert.ok(socket.connects > before, "a socket that stays silent is given up");
});

test("where only sockets are kept away, fewer and fewer are tried and fewer questions asked", async () => {
  const world = seeking();
  const { clock, socket, probes } = world;
  world.line = works;
  socket.drop("transport close");
  const before = socket.connects;
  await clock.pass(600_000);
  assert.ok(socket.connects - before <= 12, String(socket.connects - before));
  assert.ok(probes.length < 60, String(probes.length));
});

test("a socket that is silent is asked, and left when the line works without it", async () => {
  const world = seeking();
  const { clock, socket, probes } = world;
  world.line = swallows;
  await clock.pass(14_100);
  assert.equal(socket.asked(), 1);
  assert.equal(probes.length, 0);
  await clock.pass(2_000);
  assert.ok(probes.length >= 1);
  await clock.pass(20_000);
  const before = socket.connects;
  world.line = works;
  await clock.pass(1_000);
  assert.equal(socket.connects, before + 1);
});

test("a server that speaks only when it is asked keeps its socket and is not called live", async () => {
  const world = seeking({ answers: [answer(304)] });
  const { clock, socket, probes, states } = world;
  world.line = works;
  socket.emit = (event) => event === "hello" && clock.setTimeout(() => socket.hear("stats:head", head()), 10);
  const before = socket.connects;
  await clock.pass(120_000);
  assert.equal(socket.connects, before);
  assert.deepEqual(probes, []);
  assert.deepEqual(states.slice(0, 2), ["live", "delayed"]);
  assert.ok(!states.slice(1).includes("live"));
});

test("nothing is asked while beacons come, by a hidden page, after a refusal or when the server sends its screens away", async () => {
  const world = seeking();
  const { clock, socket, probes } = world;
  world.line = works;
  for (let beacon = 0; beacon < 6; beacon += 1) {
    await clock.pass(10_000);
    socket.hear("stats:head", head());
  }
  assert.equal(socket.asked(), 0);
  world.hidden = true;
  socket.drop("transport close");
  world.line = swallows;
  await clock.pass(30_000);
  assert.deepEqual(probes, []);
  world.hidden = false;
  socket.refuse();
  const asked = probes.length;
  await clock.pass(4_000);
  assert.equal(probes.length, asked);
  socket.accept();
  socket.hear("ctl", { drain: { max_delay_ms: 8_000 } });
  socket.drop("transport close");
  await clock.pass(3_900);
  assert.equal(probes.length, asked);
});

test("an answer of a proxy that has nobody behind it is none", async () => {
  const world = seeking();
  world.line = async () => answer(502);
  world.socket.drop("transport close");
  await world.clock.pass(15_000);
  const before = world.socket.connects;
  assert.notDeepEqual(world.probes, []);
  await world.clock.pass(30_000);
  assert.equal(world.socket.connects, before);
});

test("figures that are asked for over a line that swallows everything are asked for again", async () => {
  const { clock, socket, requests } = live({ answers: [swallows] });
  socket.drop("transport close");
  await clock.pass(60_000);
  assert.ok(requests.length >= 2, String(requests.length));
});
