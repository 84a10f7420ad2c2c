/** Passkeys as clients write and read them: what `navigator.credentials` takes and gives, as JSON. */

import { z } from "@hono/zod-openapi";

import { FactorCode, OldPassword } from "./account.ts";
import { Label, TimeMs } from "./common.ts";

/** Longest in characters. Credential ids have up to 1,023 bytes, and what is signed seldom more than a few hundred. */
const LENGTH_MAX = { id: 1364, data: 8192 } as const;

const Base64Url = z.string().regex(/^[A-Za-z0-9_-]+$/);
const CredentialId = Base64Url.max(LENGTH_MAX.id);
const Data = Base64Url.max(LENGTH_MAX.data);

/** What `toJSON` of a credential has besides; nothing of it is looked at. */
const credentialFields = {
  id: CredentialId,
  rawId: CredentialId.optional(),
  type: z.literal("public-key").optional(),
  authenticatorAttachment: z.string().max(64).optional(),
  clientExtensionResults: z.looseObject({}).optional(),
} as const;

export const StartPasskeyBody = z
  .strictObject({ password: OldPassword, code: FactorCode.optional() })
  .openapi("StartPasskey", { example: { password: "a long password" } });

export const RemovePasskeyBody = StartPasskeyBody.openapi("RemovePasskey");

export const PasskeyOptionsView = z
  .strictObject({
    options: z.looseObject({}).openapi({
      description:
        "For `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`. Its challenge is good for five minutes.",
    }),
  })
  .openapi("PasskeyOptions");

const CreatedCredential = z.strictObject({
  ...credentialFields,
  response: z.strictObject({
    clientDataJSON: Data,
    attestationObject: Data,
    authenticatorData: Data.optional(),
    publicKey: Data.optional(),
    publicKeyAlgorithm: z.int().optional(),
    transports: z.array(z.string().max(64)).max(16).optional(),
  }),
});

export const AddPasskeyBody = z
  .strictObject({ label: Label, credential: CreatedCredential })
  .openapi("AddPasskey");

export const PasskeyLogInBody = z
  .strictObject({
    credential: z.strictObject({
      ...credentialFields,
      response: z.strictObject({
        clientDataJSON: Data,
        authenticatorData: Data,
        signature: Data,
        userHandle: Data.optional(),
      }),
    }),
  })
  .openapi("PasskeyLogIn");

export const PasskeyView = z
  .strictObject({
    id: z.string(),
    label: z.string(),
    createdMs: TimeMs,
    usedMs: TimeMs.optional().openapi({ description: "When it opened a session last." }),
  })
  .openapi("Passkey");

export const PasskeysView = z.strictObject({ passkeys: z.array(PasskeyView) }).openapi("Passkeys");
