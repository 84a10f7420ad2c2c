/** What provisioning reads from the environment: logins with every right, and the passwords to set. */

import { withFiles } from "@exchange/streams/runtime";
import { z } from "zod";

const Password = z.string().regex(/^[A-Za-z0-9_-]{8,128}$/, "8 to 128 letters, digits, _ or -");

const EnvSchema = z.object({
  NATS_URL: z.string().min(1),
  NATS_USER: z.string().min(1),
  NATS_PASSWORD: z.string().min(1),
  /** Root, no database. */
  MYSQL_URL: z.url(),
  MYSQL_PASSWORD_IDENTITY: Password,
  MYSQL_PASSWORD_WALLET: Password,
  MYSQL_PASSWORD_ORDER: Password,
  MYSQL_PASSWORD_MARKET: Password,
  MYSQL_PASSWORD_OPS: Password,
});

export type ProvisioningEnv = Readonly<z.infer<typeof EnvSchema>>;

export function readProvisioningEnv(
  source: Record<string, string | undefined> = process.env,
): ProvisioningEnv {
  const parsed = EnvSchema.safeParse(withFiles(EnvSchema.shape, source));
  if (!parsed.success) throw new Error(`invalid environment\n${z.prettifyError(parsed.error)}`);
  return Object.freeze(parsed.data);
}
