import assert from "node:assert/strict";
import { test } from "node:test";
import { sendOnce } from "../../app/static/js/lib/send-once.js";

/** A line that gives these answers in turn (a number is a status, null a lost answer), and a clock that only waiting moves. */
function line(...answers) {
  let time = 0;
  const sent = [];
  const states = [];
  const options = {
    send: async () => {
      sent.push(time);
      const status = answers.length > 1 ? answers.shift() : answers[0];
      if (status === null) throw new TypeError("network");
      return { status, data: status < 300 ? { receipt_no: "R-1" } : { error: { message: `refused ${status}` } } };
    },
    wait: async (pause) => {
      time += pause;
    },
    now: () => time,
    onState: (state) => states.push(state),
  };
  return { options, sent, states };
}

test("an answer is taken as it comes", async () => {
  const { options, sent, states } = line(201);
  assert.deepEqual(await sendOnce(options), { outcome: "done", data: { receipt_no: "R-1" } });
  assert.equal(sent.length, 1);
  assert.deepEqual(states, ["sending"]);
});

test("a lost answer is asked for again, and the user hears that it is being checked", async () => {
  const { options, sent, states } = line(null, 502, 503, 201);
  assert.equal((await sendOnce(options)).outcome, "done");
  assert.deepEqual(sent, [0, 500, 1_500, 3_500]);
  assert.deepEqual(states, ["sending", "checking", "checking", "checking"]);
});

test("a refusal is final: nothing is sent again", async () => {
  for (const status of [400, 401, 403, 409, 422, 500, 507]) {
    const { options, sent } = line(status);
    const result = await sendOnce(options);
    assert.deepEqual([result.outcome, result.status, result.error.message], ["refused", status, `refused ${status}`]);
    assert.equal(sent.length, 1);
  }
});

test("only after its patience is the outcome called unknown, never done or refused", async () => {
  const { options, sent } = line(null);
  assert.equal((await sendOnce({ ...options, patience: 10_000 })).outcome, "unknown");
  assert.ok(sent.length > 3);
  assert.ok(sent.at(-1) <= 10_000);
});
