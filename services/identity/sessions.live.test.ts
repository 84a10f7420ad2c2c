/** What a user does with its sessions, and how the key of their tokens is changed, on real servers. */

import { expect, test } from "bun:test";

import { until } from "@exchange/streams/testing";
import { createLocalJWKSet, jwtVerify } from "jose";

import { endSession, endSessions, keySet, listSessions, refresh, revokedTokens } from "./api.ts";
import { freshCredentials, identityOf, openSession, valueOf } from "./testing/identity-client.ts";
import { mintSigningKey } from "./testing/scratch-identity.ts";
import { useIdentity } from "./testing/use-identity.ts";

const used = useIdentity();
const { ask } = used;

test("a user sees its sessions and ends one of them, or all", async () => {
  const credentials = freshCredentials();
  const pairs = [];
  for (let round = 0; round < 3; round += 1) {
    pairs.push(await openSession(used.scratch.connection, credentials));
  }
  const userId = pairs.map(identityOf)[0]?.userId ?? "";
  const ids = pairs.map((pair) => identityOf(pair).sessionId);
  const listed = async (): Promise<string[]> =>
    valueOf(await ask(listSessions, { userId })).map(({ sessionId }) => sessionId);
  expect((await listed()).toSorted()).toEqual(ids.toSorted());
  const [first = "", second = "", third = ""] = ids;
  expect(await ask(endSession, { userId, sessionId: first })).toEqual({ kind: "ok", value: {} });
  expect(await ask(endSession, { userId, sessionId: first })).toEqual({ kind: "ok", value: {} });
  expect((await listed()).toSorted()).toEqual([second, third].toSorted());
  expect(await ask(endSessions, { userId, keep: third })).toMatchObject({ value: { ended: 1 } });
  expect(await listed()).toEqual([third]);
  expect(await ask(endSessions, { userId })).toMatchObject({ value: { ended: 1 } });
  expect(await listed()).toEqual([]);
  for (const pair of pairs) {
    const { revoked } = valueOf(await ask(revokedTokens, {}));
    expect(revoked.map((one) => one.sessionId)).toContain(identityOf(pair).sessionId);
    const again = await ask(refresh, { refreshToken: pair.refreshToken });
    expect(again).toEqual({ kind: "refused", code: "INVALID_REFRESH_TOKEN" });
  }
});

test("nobody ends another user's session", async () => {
  const [own, theirs] = [
    identityOf(await openSession(used.scratch.connection)),
    identityOf(await openSession(used.scratch.connection)),
  ];
  const { sessionId } = theirs;
  const refused = { kind: "refused", code: "UNKNOWN_SESSION" } as const;
  expect(await ask(endSession, { userId: own.userId, sessionId })).toEqual(refused);
  expect(await ask(endSession, { userId: own.userId, sessionId: "none" })).toEqual(refused);
  const sessions = valueOf(await ask(listSessions, { userId: theirs.userId }));
  expect(sessions.map((session) => session.sessionId)).toEqual([sessionId]);
});

test("a second key signs without a restart, and tokens of the first one stay good", async () => {
  const before = await openSession(used.scratch.connection);
  const first: unknown = await Bun.file(used.scratch.keyFile).json();
  await Bun.write(used.scratch.keyFile, JSON.stringify({ keys: [await mintSigningKey(), first] }));
  await until(async () => valueOf(await ask(keySet, {})).keys.length === 2);
  const after = await openSession(used.scratch.connection);
  const keys = createLocalJWKSet(valueOf(await ask(keySet, {})));
  const [old, young] = await Promise.all(
    [before, after].map(async ({ accessToken }) => await jwtVerify(accessToken, keys)),
  );
  expect(old?.protectedHeader.kid).not.toBe(young?.protectedHeader.kid);
  // Half a file changes nothing.
  await Bun.write(used.scratch.keyFile, '{"keys":[');
  await Bun.sleep(1500);
  expect(valueOf(await ask(keySet, {})).keys).toHaveLength(2);
  await Bun.write(used.scratch.keyFile, JSON.stringify(first));
  await until(async () => valueOf(await ask(keySet, {})).keys.length === 1);
});
