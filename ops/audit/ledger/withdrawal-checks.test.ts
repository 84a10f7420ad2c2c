import { expect, test } from "bun:test";

import type { Check } from "../check.ts";
import type { WithdrawalRow, WithdrawalStepRow } from "./ledger-row.ts";
import type { BankPayment } from "./withdrawal-checks.ts";
import { checkPayments, checkWithdrawalSteps } from "./withdrawal-checks.ts";

function row(state: string, attempt = 1): WithdrawalRow {
  return { id: "1", accountId: 7, asset: "USD", amount: 5n, state, attempt, payoutKey: "key-1" };
}

/** `SUBMITTING 1`: a state and its attempt, in order. */
function history(...steps: readonly string[]): WithdrawalStepRow[] {
  return steps.map((text, index) => {
    const [state = "", attempt = "0"] = text.split(" ");
    return { withdrawalId: "1", step: index + 1, state, attempt: Number(attempt) };
  });
}

const begun = ["REQUESTED", "APPROVED", "RESERVED", "SUBMITTING 1"] as const;

function told(check: Check): string {
  return check.told.map(({ what }) => what).join("; ");
}

test("a history of allowed steps that ends where its row is holds", () => {
  const steps = history(...begun, "UNKNOWN 1", "SUBMITTING 2", "SENT 2", "SETTLED 2");
  expect(told(checkWithdrawalSteps([row("SETTLED", 2)], steps))).toBe("");
});

test.each([
  ["another end", row("SETTLED"), history(...begun), "its state is SETTLED, expected SUBMITTING"],
  ["a step too far", row("SETTLED"), history(...begun, "SETTLED 1"), "may not follow SUBMITTING"],
  ["a leap at the start", row("RESERVED", 0), history("RESERVED"), "may not follow nothing"],
  ["an attempt that was not written", row("SENT", 2), history(...begun, "SENT 2"), "its attempt"],
  ["a step of after the end", row("SENT"), history("SETTLED", "SENT 1"), "may not follow SETTLED"],
  ["no history", row("RESERVED"), [], "expected absent"],
] as const)("a history with %s is found", (_, withdrawal, steps, what) => {
  expect(told(checkWithdrawalSteps([withdrawal], [...steps]))).toContain(what);
});

test("a step that is missing in the middle, and a history of nothing, are found", () => {
  const steps = history(...begun).filter(({ step }) => step !== 2);
  expect(told(checkWithdrawalSteps([row("SUBMITTING")], steps))).toContain("its number is 3");
  expect(told(checkWithdrawalSteps([], history("REQUESTED")))).toContain("no row");
});

const payment: BankPayment = { reference: "key-1", asset: "USD", amount: 5n };

test.each([
  ["settled and paid", "SETTLED", [payment], ""],
  ["sent and paid", "SENT", [payment], ""],
  ["sent and not paid", "SENT", [], ""],
  ["settled and not paid", "SETTLED", [], "did not pay"],
  ["paid twice", "SETTLED", [payment, payment], "2 times"],
  ["released and paid", "RELEASED", [payment], "released, and paid"],
  ["reserved and paid", "RESERVED", [payment], "its withdrawal is RESERVED"],
  ["another amount", "SETTLED", [{ ...payment, amount: 4n }], "what was paid is 4"],
  ["nobody's", "RELEASED", [{ ...payment, reference: "other" }], "its withdrawal is absent"],
] as const)("a payment that is %s", (_, state, payments, what) => {
  const check = checkPayments([row(state)], { before: payments, after: payments });
  if (what === "") expect(told(check)).toBe("");
  else expect(told(check)).toContain(what);
});
