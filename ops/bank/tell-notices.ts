/** Tells the bank's customer what happened, again and again until it is noted. */

import { signNotice } from "@exchange/wallet/bank";

import type { BankStore, PendingNotice } from "./store.ts";

const CALL_LIMIT_MS = 5000;
const RETRY_MS = { first: 200, last: 60_000 } as const;

export interface NoticeTarget {
  readonly url: string;
  readonly secret: string;
}

/** One round of what is due. */
export async function tellNotices(store: BankStore, target: NoticeTarget): Promise<void> {
  const due = store.dueNotices(Date.now());
  await Promise.all(due.map(async (notice) => await tell(store, target, notice)));
}

async function tell(
  store: BankStore,
  { url, secret }: NoticeTarget,
  { noticeId, body, tries }: PendingNotice,
): Promise<void> {
  const told: object = JSON.parse(body);
  const payload = JSON.stringify({ ...told, sentMs: Date.now() });
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ payload, signature: signNotice(payload, secret) }),
    signal: AbortSignal.timeout(CALL_LIMIT_MS),
  }).catch(() => undefined);
  await response?.body?.cancel();
  if (response?.status === 200) store.removeNotice(noticeId);
  else {
    const delayMs = Math.min(RETRY_MS.first * 2 ** Math.min(tries, 10), RETRY_MS.last);
    store.delayNotice(noticeId, Date.now() + delayMs);
  }
}
