/** Builds identity from its servers: the endpoints, the feed of revocations, the blacklist, the purge. */

import type { Handler, Reply, RunningProcess, Telemetry } from "@exchange/streams/runtime";
import { type Endpoint, serve, type Served, startService } from "@exchange/streams/runtime";
import type { Redis } from "ioredis";
import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { NatsConnection } from "nats";

import { listAccounts, openAccount } from "./accounts-api.ts";
import { listAccounts as runListAccounts, openAccount as runOpenAccount } from "./accounts.ts";
import { createApiKey, endApiKey, listApiKeys, noteKeyUses, readApiKey } from "./api-keys-api.ts";
import {
  createApiKey as runCreateApiKey,
  endApiKey as runEndApiKey,
  listApiKeys as runListApiKeys,
  noteKeyUses as runNoteKeyUses,
  readApiKey as runReadApiKey,
} from "./api-keys.ts";
import {
  endSession,
  endSessions,
  keySet,
  listSessions,
  logIn,
  logOut,
  refresh,
  revokedTokens,
  signUp,
} from "./api.ts";
import { authorise as runAuthorise } from "./authorise.ts";
import { createBlacklist } from "./blacklist.ts";
import { changePassword as runChangePassword } from "./change-password.ts";
import type { PasskeySite } from "./check-passkey.ts";
import type { Deps } from "./deps.ts";
import {
  confirmTotp as runConfirmTotp,
  disableTotp as runDisableTotp,
  readTotp as runReadTotp,
  startTotp as runStartTotp,
} from "./enrol-totp.ts";
import {
  logInWithPasskey as runLogInWithPasskey,
  startPasskeyLogIn as runStartPasskeyLogIn,
} from "./log-in-with-passkey.ts";
import { logIn as runLogIn } from "./log-in.ts";
import { logOut as runLogOut } from "./log-out.ts";
import { createLoginAttempts } from "./login-attempts.ts";
import {
  addPasskey,
  listPasskeys,
  logInWithPasskey,
  removePasskey,
  startPasskey,
  startPasskeyLogIn,
} from "./passkeys-api.ts";
import {
  addPasskey as runAddPasskey,
  listPasskeys as runListPasskeys,
  removePasskey as runRemovePasskey,
  startPasskey as runStartPasskey,
} from "./passkeys.ts";
import { createPasswords } from "./password.ts";
import { purgeExpired } from "./purge-expired.ts";
import { readAllRevoked, readRevoked } from "./read-revoked.ts";
import { refreshSession } from "./refresh-session.ts";
import { createRevocationPublisher } from "./revocation-publisher.ts";
import type { Sealer } from "./seal.ts";
import {
  authorise,
  changePassword,
  confirmTotp,
  disableTotp,
  listSecurityEvents,
  readTotp,
  startTotp,
} from "./security-api.ts";
import { listSecurityEvents as runListSecurityEvents } from "./security-events.ts";
import {
  endSession as runEndSession,
  endSessions as runEndSessions,
  listSessions as runListSessions,
} from "./sessions.ts";
import { signUp as runSignUp } from "./sign-up.ts";
import type { SigningKeys } from "./signing-keys.ts";
import type { Tables } from "./tables.ts";

const PURGE_INTERVAL_MS = 10 * 60_000;

export interface IdentityOptions {
  readonly connection: NatsConnection;
  readonly telemetry: Telemetry;
  readonly db: Kysely<Tables>;
  readonly redis: Redis;
  /** In front of every key in Redis. */
  readonly redisPrefix: string;
  readonly signingKeys: SigningKeys;
  readonly sealer: Sealer;
  /** Undefined: no passkeys. */
  readonly passkeySite?: PasskeySite | undefined;
}

export async function startIdentity(options: IdentityOptions): Promise<RunningProcess> {
  const { connection, telemetry, db, redis, redisPrefix, signingKeys, sealer } = options;
  const blacklist = createBlacklist({
    redis,
    prefix: redisPrefix,
    readAll: () => readAllRevoked({ db, nowS }),
    logger: telemetry.logger,
  });
  const publisher = createRevocationPublisher(connection);
  const deps: Deps = {
    db,
    passwords: await createPasswords(),
    attempts: createLoginAttempts({ redis, prefix: redisPrefix }),
    signingKeys,
    sealer,
    passkeySite: options.passkeySite,
    nowS,
    // Side by side: a Redis that hangs must not keep the gateways waiting.
    announce: async (revoked) => {
      await Promise.all([blacklist.add(revoked), publisher.publish(revoked)]);
    },
  };
  const requests = createRequestTracker();
  const service = await startService(connection, {
    name: "identity",
    endpoints: listEndpoints(deps, telemetry, requests),
  });
  const purging = setInterval(() => {
    purgeExpired(deps).catch((error: unknown) => {
      telemetry.logger.warn({ err: error }, "expired rows could not be deleted");
    });
  }, PURGE_INTERVAL_MS);
  return {
    async notReady() {
      await sql`select 1`.execute(db);
      return undefined;
    },
    async stop() {
      clearInterval(purging);
      signingKeys.stop();
      await service.stop();
      await requests.drain();
      publisher.stop();
      await blacklist.stop();
      redis.disconnect();
      await db.destroy();
    },
  };
}

function nowS(): number {
  return Math.floor(Date.now() / 1000);
}

function listEndpoints(deps: Deps, telemetry: Telemetry, { track }: RequestTracker): Served[] {
  function endpoint<Request, Value>(
    described: Endpoint<Request, Value>,
    answer: (body: Request) => Promise<Reply<Value>>,
  ): Served {
    const name = `identity.${described.endpoint}`;
    const handler: Handler<Request, Value> = (body, { traceparent }) =>
      track(telemetry.traced(name, traceparent, () => answer(body)));
    return serve(described, handler, (error) =>
      telemetry.logger.error({ err: error }, `${name} failed`),
    );
  }

  return [
    endpoint(openAccount, (wish) => runOpenAccount(deps, wish)),
    endpoint(listAccounts, (user) => runListAccounts(deps, user)),
    endpoint(signUp, (credentials) => runSignUp(deps, credentials)),
    endpoint(logIn, (credentials) => runLogIn(deps, credentials)),
    endpoint(refresh, (presented) => refreshSession(deps, presented)),
    endpoint(logOut, (identity) => runLogOut(deps, identity)),
    endpoint(listSessions, (user) => runListSessions(deps, user)),
    endpoint(endSession, (session) => runEndSession(deps, session)),
    endpoint(endSessions, (user) => runEndSessions(deps, user)),
    endpoint(createApiKey, (wish) => runCreateApiKey(deps, wish)),
    endpoint(listApiKeys, (user) => runListApiKeys(deps, user)),
    endpoint(endApiKey, (key) => runEndApiKey(deps, key)),
    endpoint(readApiKey, (key) => runReadApiKey(deps, key)),
    endpoint(noteKeyUses, (noted) => runNoteKeyUses(deps, noted)),
    endpoint(changePassword, (wish) => runChangePassword(deps, wish)),
    endpoint(startTotp, (wish) => runStartTotp(deps, wish)),
    endpoint(confirmTotp, (wish) => runConfirmTotp(deps, wish)),
    endpoint(disableTotp, (wish) => runDisableTotp(deps, wish)),
    endpoint(readTotp, (user) => runReadTotp(deps, user)),
    endpoint(startPasskey, (wish) => runStartPasskey(deps, wish)),
    endpoint(addPasskey, (wish) => runAddPasskey(deps, wish)),
    endpoint(listPasskeys, (user) => runListPasskeys(deps, user)),
    endpoint(removePasskey, (wish) => runRemovePasskey(deps, wish)),
    endpoint(startPasskeyLogIn, () => runStartPasskeyLogIn(deps)),
    endpoint(logInWithPasskey, (asserted) => runLogInWithPasskey(deps, asserted)),
    endpoint(authorise, (wish) => runAuthorise(deps, wish)),
    endpoint(listSecurityEvents, (page) => runListSecurityEvents(deps, page)),
    endpoint(keySet, async () => ({ kind: "ok", value: deps.signingKeys.publicKeys })),
    endpoint(revokedTokens, async (page) => ({ kind: "ok", value: await readRevoked(deps, page) })),
  ];
}

interface RequestTracker {
  track: <Value>(work: Promise<Value>) => Promise<Value>;
  /** Resolves when nothing that was tracked runs any more. */
  drain: () => Promise<void>;
}

function createRequestTracker(): RequestTracker {
  const running = new Set<Promise<unknown>>();
  return {
    async track(work) {
      running.add(work);
      try {
        return await work;
      } finally {
        running.delete(work);
      }
    },
    async drain() {
      await Promise.allSettled(running);
    },
  };
}
