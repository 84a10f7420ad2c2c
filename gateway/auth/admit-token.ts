/**
 * Whom a token speaks for. A signature takes a fifth of a millisecond to check, so that one address may have
 * only so many texts checked that turn out to be worth nothing; tokens that were found good cost none of it.
 */

import type { Authenticator, Caller, LimitDecision, Limits, SignedRequest } from "../deps.ts";

export type Admission =
  | { readonly kind: "admitted"; readonly identity: Caller }
  | { readonly kind: "refused" }
  /** It cannot be known now. */
  | { readonly kind: "unavailable" }
  | { readonly kind: "limited"; readonly decision: LimitDecision };

export interface TokenDoor {
  readonly authenticator: Pick<Authenticator, "recognise" | "authenticate">;
  readonly limits: Pick<Limits, "takeToken" | "returnToken">;
}

/** `token`: undefined when the client showed none, which counts like a bad one. */
export async function admitToken(
  { authenticator, limits }: TokenDoor,
  token: string | undefined,
  clientAddress: () => string,
): Promise<Admission> {
  const known = token === undefined ? undefined : authenticator.recognise(token);
  if (known !== undefined) return admissionOf(known instanceof Promise ? await known : known);
  const address = clientAddress();
  const decision = limits.takeToken(address);
  if (!decision.allowed) return { kind: "limited", decision };
  if (token === undefined) return { kind: "refused" };
  const admission = admissionOf(await authenticator.authenticate(token));
  if (admission.kind !== "refused") limits.returnToken(address);
  return admission;
}

export interface KeyDoor {
  readonly authenticator: Pick<Authenticator, "authenticateKey">;
  readonly limits: Pick<Limits, "takeToken" | "returnToken">;
}

/** As tokens: what turns out to be worth nothing costs its address. */
export async function admitKey(
  { authenticator, limits }: KeyDoor,
  request: SignedRequest,
  address: string,
): Promise<Admission> {
  const decision = limits.takeToken(address);
  if (!decision.allowed) return { kind: "limited", decision };
  const admission = admissionOf(await authenticator.authenticateKey(request));
  if (admission.kind !== "refused") limits.returnToken(address);
  return admission;
}

function admissionOf(identity: Caller | undefined | "unavailable"): Admission {
  if (identity === undefined) return { kind: "refused" };
  return identity === "unavailable" ? { kind: "unavailable" } : { kind: "admitted", identity };
}
