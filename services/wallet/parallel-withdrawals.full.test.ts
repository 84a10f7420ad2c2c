import { setDefaultTimeout } from "bun:test";

import { checkParallelWithdrawals } from "./testing/check-parallel-withdrawals.ts";

setDefaultTimeout(300_000);

checkParallelWithdrawals(1000);
