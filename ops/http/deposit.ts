/** Test funds through the public door. */

import { Failure } from "../setup/failure.ts";
import { describe } from "./persistent.ts";
import type { Session } from "./session.ts";

export interface Funding {
  readonly asset: string;
  /** Decimal text. */
  readonly amount: string;
  /** The same key deposits once, however often it is asked. */
  readonly idempotencyKey: string;
}

export async function depositFunds(session: Session, funding: Funding): Promise<void> {
  const { asset, amount, idempotencyKey } = funding;
  const reply = await session.ask({
    build: () => ({
      method: "POST",
      path: "/v1/deposits",
      headers: `idempotency-key: ${idempotencyKey}\r\n`,
      body: JSON.stringify({ asset, amount }),
    }),
  });
  if (reply.status >= 300) {
    throw new Failure(`${session.email} got no ${asset}: ${describe(reply)}`);
  }
}
