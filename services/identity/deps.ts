/** What identity's use cases work with. */

import type { Kysely } from "kysely";

import type { RevokedToken } from "./api.ts";
import type { LoginAttempts } from "./login-attempts.ts";
import type { Passwords } from "./password.ts";
import type { SigningKey } from "./signing-key.ts";
import type { Tables } from "./tables.ts";

export interface Deps {
  readonly db: Kysely<Tables>;
  readonly passwords: Passwords;
  readonly attempts: LoginAttempts;
  readonly signingKey: SigningKey;
  /** Tells Redis and the gateways of a revocation that is committed. Resolves once it has left here. */
  readonly announce: (revoked: RevokedToken) => Promise<void>;
  /** Seconds since 1970. */
  readonly nowS: () => number;
}
