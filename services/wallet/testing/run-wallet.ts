/** A wallet as a process of its own, so that a test can kill it. Says "ready" once it answers. */

import { readWalletProcessEnv } from "./env.ts";
import { startTestWallet } from "./test-wallet.ts";

await startTestWallet({
  ...readWalletProcessEnv(),
  fail(error) {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  },
});
process.stdout.write("ready\n");
