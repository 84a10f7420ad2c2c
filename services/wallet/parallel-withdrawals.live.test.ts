import { setDefaultTimeout } from "bun:test";

import { checkParallelWithdrawals } from "./testing/check-parallel-withdrawals.ts";

setDefaultTimeout(120_000);

checkParallelWithdrawals(90);
