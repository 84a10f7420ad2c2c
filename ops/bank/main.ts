/** The test bank as a process: `BANK_PORT`, `BANK_STORE` and the rest as `env.ts` has them. */

import { readBankEnv } from "./env.ts";
import { startBank } from "./start-bank.ts";

const env = readBankEnv();
const bank = startBank({
  port: env.BANK_PORT,
  storePath: env.BANK_STORE,
  apiKey: env.BANK_API_KEY,
  notices: { url: env.BANK_NOTICE_URL, secret: env.BANK_NOTICE_SECRET },
  pace: {
    payMs: env.BANK_PAY_MS,
    slowMs: env.BANK_SLOW_MS,
    lateMs: env.BANK_LATE_MS,
    keyLifeMs: env.BANK_KEY_LIFE_MS,
  },
});
for (const name of ["SIGTERM", "SIGINT"] as const) {
  process.on(name, () => void bank.stop().finally(() => process.exit(0)));
}
console.log(`The test bank listens at ${bank.url}`);
