import assert from "node:assert/strict";
import { test } from "node:test";
import { createRenewal } from "../../app/static/js/lib/renewal.js";

/** A clock that stands still until it is told to go on. */
function standing() {
  const waiting = [];
  let now = 0;
  return {
    now: () => now,
    setTimeout(run, ms) {
      const timer = { run, at: now + ms };
      waiting.push(timer);
      return timer;
    },
    clearTimeout: (timer) => waiting.includes(timer) && waiting.splice(waiting.indexOf(timer), 1),
    async go(ms) {
      const end = now + ms;
      await new Promise(setImmediate);
      for (;;) {
        const next = waiting.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        waiting.splice(waiting.indexOf(next), 1);
        now = Math.max(now, next.at);
        next.run();
        await new Promise(setImmediate);
      }
      now = end;
    },
  };
}

function renewing(options = {}) {
  const clock = standing();
  const world = { asked: 0, shown: [], hidden: false, fails: false };
  const renewal = createRenewal({
    clock,
    hidden: () => world.hidden,
    load: async () => {
      world.asked += 1;
      if (world.fails) throw new Error("no answer");
      return `answer ${world.asked}`;
    },
    show: (answer) => world.shown.push(answer),
    ...options,
  });
  return { clock, renewal, world };
}

test("many changes at once are one question, and a change after it is asked for again", async () => {
  const { clock, renewal, world } = renewing();
  for (let i = 0; i < 50; i += 1) renewal.ask();
  await clock.go(300);
  assert.deepEqual(world.shown, ["answer 1"]);
  renewal.ask();
  await clock.go(1_000);
  assert.equal(world.asked, 1, "not more often than every two seconds");
  await clock.go(2_000);
  assert.deepEqual(world.shown, ["answer 1", "answer 2"]);
});

test("a change while the answer is on its way is not lost", async () => {
  let answer;
  const { clock, renewal, world } = renewing({ load: () => new Promise((resolve) => (answer = resolve)) });
  renewal.ask();
  await clock.go(300);
  renewal.ask();
  answer("old");
  await clock.go(10_000);
  answer("new");
  await clock.go(10_000);
  assert.deepEqual(world.shown, ["old", "new"]);
});

test("nobody looks, nothing is asked; who looks again is told", async () => {
  const { clock, renewal, world } = renewing();
  world.hidden = true;
  renewal.ask();
  await clock.go(60_000);
  assert.equal(world.asked, 0);
  world.hidden = false;
  renewal.wake();
  await clock.go(300);
  assert.deepEqual(world.shown, ["answer 1"]);
});

test("a failure is tried again, and changes meanwhile do not hasten it", async () => {
  const { clock, renewal, world } = renewing();
  world.fails = true;
  renewal.ask();
  await clock.go(300);
  renewal.ask();
  await clock.go(3_000);
  assert.equal(world.asked, 1);
  world.fails = false;
  await clock.go(3_000);
  assert.deepEqual(world.shown, ["answer 2"]);
});

test("when the line is back it is asked at once, and what a dead line swallowed is not waited for", async () => {
  const answers = [];
  const { clock, renewal, world } = renewing({ load: () => new Promise((resolve, reject) => answers.push({ resolve, reject })) });
  renewal.ask();
  await clock.go(300);
  renewal.askAnew();
  assert.equal(answers.length, 2);
  answers[1].resolve("right");
  await clock.go(100);
  assert.deepEqual(world.shown, ["right"]);
  answers[0].reject(new Error("no answer"));
  await clock.go(20_000);
  assert.deepEqual(world.shown, ["right"]);
  assert.equal(answers.length, 2);
});

test("what changes after the line is back is asked for, but not at once again", async () => {
  const { clock, renewal, world } = renewing();
  world.fails = true;
  renewal.ask();
  await clock.go(300);
  world.fails = false;
  renewal.askAnew();
  await clock.go(100);
  renewal.ask();
  await clock.go(1_000);
  assert.deepEqual(world.shown, ["answer 2"]);
  await clock.go(1_000);
  assert.deepEqual(world.shown, ["answer 2", "answer 3"]);
  await clock.go(20_000);
  assert.equal(world.asked, 3);
});
