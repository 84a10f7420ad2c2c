/** API keys as the gateway process reads them from identity, and what it tells identity of their use. */

import type { KeyUse } from "@exchange/identity/api-keys";
import { noteKeyUses, readApiKey } from "@exchange/identity/api-keys";
import type { Telemetry } from "@exchange/streams/runtime";
import { request } from "@exchange/streams/runtime";
import type { Redis } from "ioredis";
import type { NatsConnection } from "nats";

import type { KeyVerifier } from "../auth/key-verifier.ts";
import { createKeyVerifier } from "../auth/key-verifier.ts";
import { createNonces } from "../auth/nonces.ts";
import type { TokenVerifier } from "../auth/token-verifier.ts";
import { networkOf } from "../limits/network.ts";

const TIMEOUT_MS = 1000;
const TELL_INTERVAL_MS = 5000;

export interface ApiKeysOptions {
  readonly connection: NatsConnection;
  readonly redis: Redis;
  readonly tokens: Pick<TokenVerifier, "isRevoked">;
  readonly telemetry: Pick<Telemetry, "logger">;
}

export function connectApiKeys(options: ApiKeysOptions): KeyVerifier & { stop(): void } {
  const { connection, redis, tokens, telemetry } = options;
  let uses = new Map<string, KeyUse>();

  async function tell(): Promise<void> {
    if (uses.size === 0) return;
    const told = uses;
    uses = new Map();
    const body = { uses: [...told.values()] };
    await request(connection, { endpoint: noteKeyUses, body, timeoutMs: TIMEOUT_MS });
  }

  const telling = setInterval(() => {
    // What is lost is told at the key's next use.
    tell().catch((error: unknown) => {
      telemetry.logger.debug({ err: error }, "identity was not told which keys were used");
    });
  }, TELL_INTERVAL_MS);

  const verifier = createKeyVerifier({
    async readKey(keyId) {
      const call = { endpoint: readApiKey, body: { keyId }, timeoutMs: TIMEOUT_MS };
      const reply = await request(connection, call);
      return reply.kind === "ok" ? reply.value : undefined;
    },
    isRevoked: (keyId) => tokens.isRevoked({ tokenId: keyId, sessionId: keyId }),
    nonces: createNonces(redis),
    onUse(keyId, clientAddress) {
      const atS = Math.floor(Date.now() / 1000);
      uses.set(keyId, { keyId, atS, network: networkOf(clientAddress) });
    },
    nowMs: Date.now,
  });
  return { ...verifier, stop: () => clearInterval(telling) };
}
