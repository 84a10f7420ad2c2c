/** What the wallet answers over NATS, as the registry lists it. */

import type { HoldBatch, HoldBatchDecisions } from "@exchange/streams/contract";
import { assert } from "@exchange/streams/contract";
import type { Endpoint, Handler, Reply, Telemetry } from "@exchange/streams/runtime";
import { serve } from "@exchange/streams/runtime";

import { addAddress, listAddresses, removeAddress } from "./address-book.ts";
import { decideReversal, proposeReversal } from "./agree-on-reversal.ts";
import * as api from "./api.ts";
import { approveWithdrawal } from "./approve-withdrawal.ts";
import type { ClockSkew } from "./clock-skew.ts";
import { CLOCK_SKEW_MAX_MS } from "./clock-skew.ts";
import { depositFunds } from "./deposit-funds.ts";
import { findHold } from "./find-hold.ts";
import { findFrozen, freezeAccounts } from "./freeze-accounts.ts";
import * as freezesApi from "./freezes-api.ts";
import * as guardsApi from "./guards-api.ts";
import type { HoldQueue } from "./hold-queue.ts";
import { isWellFormed } from "./hold-request.ts";
import { noteBank } from "./note-bank.ts";
import type { NoteBankDeps } from "./note-bank.ts";
import { readBalances } from "./read-balances.ts";
import { readLiabilityProof } from "./read-liability-proof.ts";
import { readStatement } from "./read-statement.ts";
import { createRequestLimit } from "./request-limit.ts";
import { resolveWithdrawal } from "./resolve-withdrawal.ts";
import * as reversalsApi from "./reversals-api.ts";
import type { SettledWatch } from "./settled-watch.ts";
import { switchWithdrawals } from "./switch-withdrawals.ts";
import { transferFunds } from "./transfer-funds.ts";
import type { WithdrawDeps } from "./withdraw-funds.ts";
import { withdrawFunds } from "./withdraw-funds.ts";
import { setLimits } from "./withdrawal-limits.ts";
import { listWithdrawals } from "./withdrawal-store.ts";

export interface EndpointDeps extends WithdrawDeps, NoteBankDeps {
  readonly telemetry: Telemetry;
  readonly testFunds: boolean;
  readonly skew: ClockSkew;
  readonly holds: HoldQueue;
  readonly settled: SettledWatch;
}

/** Requests being worked on in this process, more than MySQL's connections can be busy with in a second. */
const READS_MAX = 512;
const WRITES_MAX = 128;

type Served = ReturnType<typeof serve>;

/** What operators ask, and nobody else: NATS gives them the subjects. */
export function createOperatorEndpoints(deps: EndpointDeps): readonly Served[] {
  const answer = createAnswer(deps);
  return [
    answer(api.resolveWithdrawal, async (request) => await resolveWithdrawal(deps, request)),
    answer(api.switchWithdrawals, async (request) => await switchWithdrawals(deps, request)),
    answer(guardsApi.approveWithdrawal, async (request) => await approveWithdrawal(deps, request)),
    answer(reversalsApi.proposeReversal, async (request) => await proposeReversal(deps, request)),
    answer(reversalsApi.decideReversal, async (request) => await decideReversal(deps, request)),
    answer(freezesApi.freezeAccounts, async (request) => await freezeAccounts(deps, request)),
    answer(guardsApi.setLimits, async (request) => await setLimits(deps, request)),
  ];
}

export function createEndpoints(deps: EndpointDeps): readonly Served[] {
  const { db } = deps;
  const reading = createRequestLimit(READS_MAX);
  const writing = createRequestLimit(WRITES_MAX);
  const answer = createAnswer(deps);
  return [
    answer(api.holdFunds, async (batch) => await holdFunds(deps, batch)),
    answer(
      api.findHold,
      reading(async (query) => ok(await findHold(db, query))),
    ),
    answer(
      freezesApi.readFrozen,
      reading(async ({ accountIds }) => ok(await findFrozen(db, accountIds))),
    ),
    answer(
      api.readBalances,
      reading(async (query) => await readBalances(deps, query)),
    ),
    answer(
      api.deposit,
      writing(async (request) => await depositFunds(deps, request)),
    ),
    answer(
      api.transfer,
      writing(async (request) => await transferFunds(deps, request)),
    ),
    answer(
      api.withdraw,
      writing(async (request) => await withdrawFunds(deps, request)),
    ),
    answer(
      api.noteBank,
      writing(async (notice) => await noteBank(deps, notice)),
    ),
    answer(
      guardsApi.addAddress,
      writing(
        async (wished) =>
          await addAddress({ ...deps, addressWaitMs: deps.guards?.addressWaitMs ?? 0 }, wished),
      ),
    ),
    answer(
      guardsApi.listAddresses,
      reading(async ({ accountId }) => ok(await listAddresses(db, accountId))),
    ),
    answer(
      guardsApi.removeAddress,
      writing(async (address) => await removeAddress(deps, address)),
    ),
    answer(
      api.listWithdrawals,
      reading(async (query) => ok(await listWithdrawals(db, query))),
    ),
    answer(
      api.readLiabilityProof,
      reading(async (query) => ok(await readLiabilityProof(db, query))),
    ),
    answer(
      api.readStatement,
      reading(async (query) => ok(await readStatement(db, query))),
    ),
  ];
}

function createAnswer({ telemetry }: EndpointDeps) {
  return <Request, Value>(
    endpoint: Endpoint<Request, Value>,
    handle: (body: Request) => Promise<Reply<Value>>,
  ): Served => {
    const name = `${endpoint.service}.${endpoint.endpoint}`;
    const traced: Handler<Request, Value> = async (body, { traceparent }) =>
      await telemetry.traced(name, traceparent, async () => await handle(body));
    return serve(endpoint, traced, (error) =>
      telemetry.logger.error({ err: error }, `${name} failed`),
    );
  };
}

async function holdFunds(
  { holds, skew }: EndpointDeps,
  batch: HoldBatch,
): Promise<Reply<HoldBatchDecisions>> {
  if (Math.abs(skew.skewMs) > CLOCK_SKEW_MAX_MS) return { kind: "refused", code: "CLOCK_SKEW" };
  assert(batch.holds.every(isWellFormed), "a hold request is malformed");
  const decisions = await holds.hold(batch.holds);
  if (decisions === undefined) return { kind: "refused", code: "OVERLOADED" };
  return ok({ v: 1, decisions });
}

function ok<Value>(value: Value): Reply<Value> {
  return { kind: "ok", value };
}
