/** What one process and one connection may use. */

export const CONNECTIONS_MAX = 10_000;
export const SUBSCRIPTIONS_MAX = 64;
/** A longer message closes the connection with code 1009. */
export const MESSAGE_BYTES_MAX = 8 * 1024;
/** Messages that may come at once, and those that may come each second after that. */
export const MESSAGES_BURST = 100;
export const MESSAGES_PER_SECOND = 20;
/** Refused messages after which the connection is closed. */
export const REFUSED_MESSAGES_MAX = 100;
/** Unsent bytes from which on a connection is closed as too slow: the largest snapshot, and half as much again. */
export const BACKLOG_BYTES_MAX = 1024 * 1024;
/** Unsent bytes at which the server cuts a connection without a word. */
export const BACKLOG_BYTES_CUT = 4 * BACKLOG_BYTES_MAX;
/** A client that answers no ping for this long is gone. */
export const SILENCE_MAX_S = 30;
/** Levels a side in a book snapshot; trades and candles in theirs. */
export const SNAPSHOT_LEVELS_MAX = 10_000;
export const SNAPSHOT_TRADES_MAX = 100;
export const SNAPSHOT_CANDLES_MAX = 100;
/** Messages kept while a view is being read; past it the view is read again. */
export const BUFFERED_MESSAGES_MAX = 2000;
/** What a channel keeps for whoever was away: updates, and about as many bytes. */
export const HISTORY_UPDATES_MAX = 2000;
export const HISTORY_BYTES_MAX = 1024 * 1024;

/** Unsent bytes from which on updates are held back and then sent as one, and at which that begins. */
export const PAUSE_BYTES = 64 * 1024;
export const RESUME_BYTES = 16 * 1024;
/** A client that is held back for this long without a pause is closed. */
export const PAUSED_MAX_MS = 10_000;
/** Unsent bytes of all connections together; past it those that have most are closed. */
export const BACKLOG_BYTES_TOTAL_MAX = 256 * 1024 * 1024;

/** What a client may ask for: the silence after which the orders of its session are cancelled. */
export const DISCONNECT_TIMEOUT_MS_MIN = 1000;
export const DISCONNECT_TIMEOUT_MS_MAX = 60_000;
/** How often the order service is told who is alive: twice within the shortest silence. */
export const SESSION_BEAT_MS = 400;

/** Codes of closed connections, besides the standard ones. */
export const closeCode = {
  slowConsumer: 4001,
  tooManyMessages: 4002,
  tooManyConnections: 4003,
  goingAway: 1001,
} as const;
