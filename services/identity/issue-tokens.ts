/** The pair of tokens a client gets: minted before the transaction that keeps them, signed after it. */

import { ACCESS_TOKEN_LIFE_S, type TokenIdentity, type TokenPair } from "./api.ts";
import { mintId } from "./random-id.ts";
import type { SigningKeys } from "./signing-keys.ts";

export interface PreparedTokens {
  readonly identity: TokenIdentity;
  readonly refreshToken: string;
}

export interface TokenOwner {
  readonly userId: string;
  readonly accountId: number;
  readonly sessionId: string;
  readonly nowS: number;
}

export function prepareTokens(
  { nowS, ...owner }: TokenOwner,
  refreshToken: string,
): PreparedTokens {
  return {
    identity: { ...owner, tokenId: mintId(), expiresAtS: nowS + ACCESS_TOKEN_LIFE_S },
    refreshToken,
  };
}

export async function issueTokens(
  signingKeys: SigningKeys,
  { identity, refreshToken }: PreparedTokens,
  refreshExpiresInSeconds: number,
): Promise<TokenPair> {
  return {
    accessToken: await signingKeys.sign(identity),
    expiresInSeconds: ACCESS_TOKEN_LIFE_S,
    refreshToken,
    refreshExpiresInSeconds,
  };
}
