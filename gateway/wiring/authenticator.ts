/** The token verifier as the app sees it. */

import { RequestError } from "@exchange/streams/runtime";

import type { TokenVerifier } from "../auth/token-verifier.ts";
import type { Authenticator } from "../deps.ts";

export function createAuthenticator(verifier: TokenVerifier): Authenticator {
  return {
    async authenticate(token) {
      try {
        return await verifier.verifyToken(token);
      } catch (error) {
        if (error instanceof RequestError) return "unavailable";
        throw error;
      }
    },
    get fresh() {
      return verifier.feedFresh;
    },
  };
}
