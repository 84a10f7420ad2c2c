/** What is revoked and not expired, from MySQL, page by page. */

import type { RevokedToken, RevokedTokens } from "./api.ts";
import type { Deps } from "./deps.ts";

/** About 500 KB of JSON: half of what one message may hold. */
const PAGE_ROWS_MAX = 4000;

export async function readRevoked(
  { db, nowS }: Pick<Deps, "db" | "nowS">,
  { after = "" }: { readonly after?: string } = {},
): Promise<RevokedTokens> {
  const rows = await db
    .selectFrom("revoked_tokens")
    .select(["token_id as tokenId", "session_id as sessionId", "expires_s as expiresAtS"])
    .where("expires_s", ">", nowS())
    .where("token_id", ">", after)
    .orderBy("token_id")
    .limit(PAGE_ROWS_MAX)
    .execute();
  const last = rows.length === PAGE_ROWS_MAX ? rows.at(-1) : undefined;
  return { v: 1, revoked: rows, ...(last === undefined ? {} : { next: last.tokenId }) };
}

export async function* readAllRevoked(
  deps: Pick<Deps, "db" | "nowS">,
): AsyncGenerator<readonly RevokedToken[]> {
  let page = await readRevoked(deps);
  yield page.revoked;
  while (page.next !== undefined) {
    page = await readRevoked(deps, { after: page.next });
    yield page.revoked;
  }
}
