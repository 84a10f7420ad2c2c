/** The token verifier as the app sees it. */

import { RequestError } from "@exchange/streams/runtime";

import type { KeyVerifier } from "../auth/key-verifier.ts";
import type { TokenVerifier } from "../auth/token-verifier.ts";
import type { Authenticator } from "../deps.ts";

export function createAuthenticator(verifier: TokenVerifier, keys: KeyVerifier): Authenticator {
  return {
    recognise(token) {
      const known = verifier.recogniseToken(token);
      return known instanceof Promise ? orUnavailable(known) : known;
    },
    authenticate: (token) => orUnavailable(verifier.verifyToken(token)),
    authenticateKey: async (signed) =>
      // A key's end is known by the feed alone.
      verifier.feedFresh ? await orUnavailable(keys.verify(signed)) : "unavailable",
    get fresh() {
      return verifier.feedFresh;
    },
  };
}

async function orUnavailable<Found>(verifying: Promise<Found>): Promise<Found | "unavailable"> {
  try {
    return await verifying;
  } catch (error) {
    if (error instanceof RequestError) return "unavailable";
    throw error;
  }
}
