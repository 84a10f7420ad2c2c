/** What identity's use cases work with. */

import type { Kysely } from "kysely";

import type { RevokedToken } from "./api.ts";
import type { PasskeySite } from "./check-passkey.ts";
import type { LoginAttempts } from "./login-attempts.ts";
import type { Passwords } from "./password.ts";
import type { Sealer } from "./seal.ts";
import type { SigningKeys } from "./signing-keys.ts";
import type { Tables } from "./tables.ts";

export interface Deps {
  readonly db: Kysely<Tables>;
  readonly passwords: Passwords;
  readonly attempts: LoginAttempts;
  readonly signingKeys: SigningKeys;
  readonly sealer: Sealer;
  /** Undefined where there are no passkeys. */
  readonly passkeySite: PasskeySite | undefined;
  /** Tells Redis and the gateways of revocations that are committed. Resolves once they have left here. */
  readonly announce: (revoked: readonly RevokedToken[]) => Promise<void>;
  /** Seconds since 1970. */
  readonly nowS: () => number;
}
