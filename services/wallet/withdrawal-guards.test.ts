import { expect, test } from "bun:test";

import type { GuardFacts, GuardSettings } from "./withdrawal-guards.ts";
import { decideGuards } from "./withdrawal-guards.ts";

const DAY_MS = 86_400_000;
const NOW_MS = 100 * DAY_MS;
const settings: GuardSettings = {
  addressWaitMs: DAY_MS,
  freezeMs: DAY_MS,
  loginAgeMaxMs: DAY_MS,
  needsFactor: false,
};
const asker = { factor: "passed", loggedInMs: NOW_MS, changedMs: 0 } as const;
const facts: GuardFacts = {
  nowMs: NOW_MS,
  units: 10n,
  asker,
  addressUsableMs: NOW_MS,
  dayUnits: 0n,
  dayMax: undefined,
  approvalAbove: undefined,
};
const key = { factor: "passed", changedMs: 0 } as const;

const cases: readonly [
  name: string,
  outcome: string,
  facts: Partial<GuardFacts>,
  settings?: Partial<GuardSettings>,
][] = [
  ["all is well", "passed", {}],
  ["nobody says who asks", "TOTP_REQUIRED", { asker: undefined }],
  ["the code is missing", "TOTP_REQUIRED", { asker: { ...asker, factor: "missing" } }],
  ["the code is wrong", "INVALID_TOTP", { asker: { ...asker, factor: "wrong" } }],
  ["too many codes were wrong", "TOO_MANY_ATTEMPTS", { asker: { ...asker, factor: "locked" } }],
  ["there is no second factor", "passed", { asker: { ...asker, factor: "none" } }],
  [
    "there is none and one is needed",
    "SECOND_FACTOR_NEEDED",
    { asker: { ...asker, factor: "none" } },
    { needsFactor: true },
  ],
  ["a key asks", "passed", { asker: key }, { needsFactor: true }],
  ["a key asks and there is no second factor", "passed", { asker: { ...key, factor: "none" } }],
  [
    "there is none, one is needed and a key asks",
    "SECOND_FACTOR_NEEDED",
    { asker: { ...key, factor: "none" } },
    { needsFactor: true },
  ],
  ["a key was made without a code", "API_KEY_TOO_OLD", { asker: { ...key, factor: "missing" } }],
  ["the login is a day old", "passed", { asker: { ...asker, loggedInMs: NOW_MS - DAY_MS } }],
  ["it is older", "LOGIN_TOO_OLD", { asker: { ...asker, loggedInMs: NOW_MS - DAY_MS - 1 } }],
  ["the password is as new", "passed", { asker: { ...asker, changedMs: NOW_MS - DAY_MS } }],
  ["it is newer", "WITHDRAWALS_FROZEN", { asker: { ...asker, changedMs: NOW_MS - DAY_MS + 1 } }],
  ["it is newer, and a key asks", "WITHDRAWALS_FROZEN", { asker: { ...key, changedMs: NOW_MS } }],
  ["the address is unknown", "ADDRESS_NOT_IN_BOOK", { addressUsableMs: undefined }],
  ["it is unknown to a key", "ADDRESS_NOT_IN_BOOK", { addressUsableMs: undefined, asker: key }],
  ["the address is new", "ADDRESS_WAITING", { addressUsableMs: NOW_MS + 1 }],
  ["no address waits", "passed", { addressUsableMs: undefined }, { addressWaitMs: 0 }],
  ["the day's limit is reached", "passed", { dayUnits: 90n, dayMax: 100n }],
  ["the day's limit is passed", "DAY_LIMIT", { dayUnits: 91n, dayMax: 100n }],
  ["it is as large as needs nobody", "passed", { approvalAbove: 10n }],
  ["it is larger", "passed, and waits", { approvalAbove: 9n }],
];

test.each(cases)("when %s: %s", (_, outcome, changed, set = {}) => {
  const decision = decideGuards({ ...settings, ...set }, { ...facts, ...changed });
  const waits = decision.kind === "passed" && decision.needsApproval ? ", and waits" : "";
  expect(decision.kind === "refused" ? decision.code : `passed${waits}`).toBe(outcome);
});
