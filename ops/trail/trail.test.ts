/** Notes of the operators' trail: what they say, what they withhold, and how a trail that was tampered with shows. */

import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { checkTrail } from "../audit/trail-checks.ts";
import { homeAt } from "../setup/home.ts";
import { describeUse, withoutSecrets } from "./describe-use.ts";
import type { Note, TrailEntry } from "./entry.ts";
import { FIRST_HASH, hashOf, Note as NoteShape, outcomeOf } from "./entry.ts";
import { keepNote, keptNotes } from "./kept-notes.ts";

const halt = {
  verb: "market halt",
  args: ["BTC-USD", "--operator", "alice", "--reason=odd trades"],
};

function endOf(intent: Note, hostTimeMs = intent.hostTimeMs): Note {
  return outcomeOf(intent, { hostTimeMs, exitCode: 0, detail: "" });
}

function chain(notes: readonly Note[]): TrailEntry[] {
  let hash = FIRST_HASH;
  return notes.map((note, index) => {
    const entry = { ...note, entry: index + 1, timeMs: 1_000 + index };
    hash = hashOf(hash, entry);
    return { ...entry, hash };
  });
}

const [first, second] = [
  describeUse(halt),
  describeUse({ verb: "deposit", args: ["a@example.org"] }),
];
const trail = chain([first, endOf(first), second, endOf(second)]);

test("a note says who, what and why", () => {
  expect(first).toMatchObject({
    phase: "intent",
    operator: "alice",
    reason: "odd trades",
    verb: "market halt",
    arguments: halt.args,
  });
  // Nobody said so: the machine's user.
  expect(second.operator).toBe(second.osUser);
});

test.each([
  [
    ["--password", "hunter2", "x"],
    ["--password", "[withheld]", "x"],
  ],
  [["--client-secret=hunter2"], ["--client-secret=[withheld]"]],
  [
    ["--token=a=b", "c"],
    ["--token=[withheld]", "c"],
  ],
  [
    ["--reason", "password changed"],
    ["--reason", "password changed"],
  ],
])("secrets in %j are withheld", (given, kept) => {
  expect(withoutSecrets(given)).toEqual(kept);
});

test("what a column cannot hold is cut before it is hashed", () => {
  const { reason, detail } = NoteShape.parse({
    ...first,
    reason: "😀".repeat(600),
    detail: "a\ud800b",
  });
  expect(Array.from(reason).length).toBe(512);
  expect(detail).toBe("a\ufffdb");
});

test("a trail that nobody touched is right", async () => {
  const check = await checkTrail(trail);
  expect([check.violations, check.examined, check.note]).toEqual([0, 4, ""]);
});

test("a command without an end is counted, and is no violation", async () => {
  const check = await checkTrail(trail.slice(0, 3));
  expect([check.violations, check.note]).toEqual([0, "1 commands run or died"]);
});

const [one, two, three, four] = trail;
if (one === undefined || two === undefined || three === undefined || four === undefined) {
  throw new Error("four notes are four entries");
}
test.each([
  ["a name that was changed", [one, two, { ...three, operator: "mallory" }, four]],
  ["an argument that was changed", [{ ...one, arguments: ["ETH-USD"] }, two, three, four]],
  ["an entry that was taken out", [one, two, four]],
  ["the first one, taken out", [two, three, four]],
  ["two that changed places", [one, three, two, four]],
  ["an end without a beginning", chain([endOf(first)])],
  ["one that was put in", [one, two, { ...two, phase: "intent" as const }, three, four]],
])("%s shows", async (_, entries) => {
  expect((await checkTrail(entries)).violations).toBeGreaterThan(0);
});

/** They are dropped then. */
function afterWaiting(notes: readonly Note[]): Note[] {
  const root = mkdtempSync(join(tmpdir(), "exchange-trail-"));
  try {
    const home = homeAt(root);
    for (const note of notes) keepNote(home, note);
    const found = [...keptNotes(home)];
    for (const { drop } of found) drop();
    expect([...keptNotes(home)]).toEqual([]);
    return found.map(({ note }) => note);
  } finally {
    rmSync(root, { recursive: true });
  }
}

test("notes that wait in files come back as they were, a beginning before its end", () => {
  const later = { ...second, hostTimeMs: first.hostTimeMs + 1 };
  expect(afterWaiting([later, endOf(first), first])).toEqual([first, endOf(first), later]);
});

test.each([
  ["back by an hour", first.hostTimeMs, first.hostTimeMs - 3_600_000],
  ["from 1970 to now", 5000, first.hostTimeMs],
])(
  "a clock that steps %s meanwhile puts no end before its beginning",
  async (_, beganMs, endedMs) => {
    const intent = { ...first, hostTimeMs: beganMs };
    const outcome = endOf(intent, endedMs);
    const notes = afterWaiting([intent, outcome]);
    expect(notes).toEqual([intent, outcome]);
    expect((await checkTrail(chain(notes))).told).toEqual([]);
  },
);
