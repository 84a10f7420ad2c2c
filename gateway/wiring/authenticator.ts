/** The token verifier as the app sees it. */

import { RequestError } from "@exchange/streams/runtime";

import type { TokenVerifier } from "../auth/token-verifier.ts";
import type { Authenticator } from "../deps.ts";

export function createAuthenticator(verifier: TokenVerifier): Authenticator {
  return {
    recognise(token) {
      const known = verifier.recogniseToken(token);
      return known instanceof Promise ? orUnavailable(known) : known;
    },
    authenticate: (token) => orUnavailable(verifier.verifyToken(token)),
    get fresh() {
      return verifier.feedFresh;
    },
  };
}

async function orUnavailable(
  verifying: ReturnType<TokenVerifier["verifyToken"]>,
): ReturnType<Authenticator["authenticate"]> {
  try {
    return await verifying;
  } catch (error) {
    if (error instanceof RequestError) return "unavailable";
    throw error;
  }
}
