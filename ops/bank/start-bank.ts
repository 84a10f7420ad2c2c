/** The bank as a server: its door, its work and its notices. */

import { createApp } from "./app.ts";
import type { BankPace } from "./rules.ts";
import { Bank } from "./rules.ts";
import { openStore } from "./store.ts";
import type { NoticeTarget } from "./tell-notices.ts";
import { tellNotices } from "./tell-notices.ts";

const TURN_MS = 20;
/** Whoever asked the bank to go down is told so. */
const ANSWER_FIRST_MS = 50;
/** Bun ends connections that are silent for longer; a bank may be. */
const IDLE_LIMIT_S = 60;

export interface BankOptions {
  /** 0 is any free one. */
  readonly port: number;
  /** Where it keeps everything: a file, or `:memory:`. */
  readonly storePath: string;
  readonly apiKey: string;
  readonly notices: NoticeTarget;
  readonly pace: BankPace;
}

export interface RunningBank {
  readonly url: string;
  stop(): Promise<void>;
}

export function startBank({ port, storePath, apiKey, notices, pace }: BankOptions): RunningBank {
  const store = openStore(storePath);
  const bank = new Bank(store, pace, Date.now);
  const app = createApp({ bank, apiKey, goDown });
  let telling: Promise<void> = Promise.resolve();
  let isTelling = false;
  let server: Bun.Server<undefined> | undefined = listen(port);
  const url = `http://127.0.0.1:${server.port}`;
  const usedPort = server.port ?? port;
  let goingOrComing: ReturnType<typeof setTimeout> | undefined;

  function listen(on: number): Bun.Server<undefined> {
    return Bun.serve({
      hostname: "127.0.0.1",
      port: on,
      idleTimeout: IDLE_LIMIT_S,
      fetch: (request) => app.fetch(request),
    });
  }

  function goDown(ms: number): void {
    clearTimeout(goingOrComing);
    goingOrComing = setTimeout(() => {
      void server?.stop(true);
      server = undefined;
      goingOrComing = setTimeout(() => {
        server ??= listen(usedPort);
      }, ms);
    }, ANSWER_FIRST_MS);
  }

  const turns = setInterval(() => {
    // A bank that is down neither pays nor tells.
    if (server === undefined) return;
    bank.turn();
    if (isTelling) return;
    isTelling = true;
    telling = tellNotices(store, notices).finally(() => {
      isTelling = false;
    });
  }, TURN_MS);

  return {
    url,
    async stop() {
      clearInterval(turns);
      clearTimeout(goingOrComing);
      await server?.stop(true);
      await telling;
      store.close();
    },
  };
}
