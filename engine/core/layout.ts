/**
 * The map of a book's memory. All of a book is one block of numbers, so that whoever works on an order has its
 * price level, its account and the command at hand without looking for another object.
 *
 * The block is seen as 32-bit integers and as floats. A record's handle is the offset of its first integer; its
 * floats are counted from half the handle. The first page holds what there is one of: integers up to 127,
 * floats from 64 to 127, records from 256.
 */

/** The handle of nothing: ends every list. No record has it. */
export const NONE = 0;
export const PAGE_INTS = 4096;

/** The command being applied, integers. Only the fields that its kind names are read. */
export const KIND = 32;
/** A sum of `flag`s. */
export const FLAGS = 33;
export const PRICE = 34;
export const VERSION = 35;
export const MAKER_FEE = 36;
export const TAKER_FEE = 37;

/** The command being applied, floats. */
export const POSITION = 64;
export const TIME_MS = 65;
export const DEADLINE_MS = 66;
export const ACCOUNT = 67;
/** The order that a cancel or a replacement is about. */
export const TARGET = 68;
export const HOLD = 69;
export const LOTS = 70;
export const SPEND_MAX = 71;
/** With a replacement: what of `SPEND_MAX` comes out of the replaced order's hold. */
export const TRANSFERRED = 72;

/** The order that trades now: its fee rate, an integer, and its account, a float. */
export const MATCH_FEE = 48;
export const MATCH_ACCOUNT = 76;
/** Units that a cancel does not release, because they have gone to the order that replaces it. */
export const WITHHELD = 77;

/** The market, integers. Prices are NONE where there is none. */
export const MARKET_STATE = 80;
export const MARKET_VERSION = 81;
/** NONE while the market is continuous and has no trading rules. */
export const MARKET_IS_SPECIAL = 82;
export const LAST = 83;
export const DUE_HIGH = 84;
export const DUE_LOW = 85;
export const WINDOW = 86;
export const REFERENCE = 87;
/** Absent rules are -1. */
export const COLLAR_PPM = 88;
export const BAND_PPM = 89;
/** The market's default, by `preventionNumberOf`. */
export const PREVENTION = 90;
/** Orders that wait, those of them that trail, and orders that show a part of themselves. */
export const WAITING = 91;
export const TRAILING = 92;
export const ICEBERGS = 93;
/** Orders that this command may still set off. */
export const TRIGGERS_LEFT = 94;
/** The orders that trail the price: the buy and the sell whose trigger moves first. */
export const TRAIL_BUYS = 95;
export const TRAIL_SELLS = 96;
/** The account that an order was added to last, or NONE. */
export const LAST_ACCOUNT = 97;

/** The market, floats. */
export const LAST_POSITION = 80;
/** Absent times are -1. */
export const WINDOW_START_MS = 81;
export const AUCTION_UNTIL_MS = 82;
export const WINDOW_MS = 83;
/** Lots of the orders that wait. */
export const WAITING_BUY_LOTS = 84;
export const WAITING_SELL_LOTS = 85;
/** Absent limits are so that nothing is beyond them. */
export const QTY_MAX_LOTS = 86;
export const NOTIONAL_MIN = 87;
export const OPEN_ORDERS_MAX = 88;

/** The two sides, and the triggers that rising and falling prices set off, each a record of these fields. */
export const BIDS = 256;
export const ASKS = 272;
export const UPS = 288;
export const DOWNS = 304;
/** The same for those that trail the price. */
export const TRAILING_UPS = 376;
export const TRAILING_DOWNS = 392;
/** The best level, or NONE. */
export const SIDE_BEST = 0;
/** A level, a node's handle negated, or NONE. */
export const SIDE_ROOT = 1;
/** Turns prices into keys and back. A higher key is a better price. */
export const SIDE_FLIP = 2;
/** Open lots of all its orders. */
export const SIDE_LOTS = 2;

/** The pools that records come from, each a record of these fields. */
export const ORDER_POOL = 320;
export const LEVEL_POOL = 324;
export const NODE_POOL = 328;
export const ACCOUNT_POOL = 332;
export const EXTRA_POOL = 336;
export const PAGE_POOL = 340;
export const SESSION_POOL = 344;
export const POOL_FREE = 0;
export const POOL_UNUSED = 1;
export const POOL_PAGE_END = 2;
export const POOL_WIDTH = 3;

/** The indexes by id, each a record of these fields. */
export const ORDER_INDEX = 352;
export const ACCOUNT_INDEX = 362;
export const INDEX_TABLE = 0;
export const INDEX_MASK = 1;
export const INDEX_SHIFT = 2;
export const INDEX_COUNT = 3;
/** Pages in the table. */
export const INDEX_PAGES = 4;
/** The page that was opened last, which the table does not have yet: its handle, number and ids. */
export const NEWEST_PAGE = 5;
export const NEWEST_NUMBER = 6;
export const NEWEST_HIGH = 7;
export const NEWEST_COUNT = 8;

/** An order: 64 bytes, one line of the cache. Its neighbours in its level's queue. */
export const NEXT = 0;
export const PREVIOUS = 1;
/** Its price or trigger level; of an order that is coming in, its price. */
export const LEVEL = 2;
/** A sum of `trait`s, and its maker fee above `FEE_SHIFT`. */
export const TRAITS = 3;
/** Its neighbours among its account's orders, by age, and the account's record. */
export const NEWER = 4;
export const OLDER = 5;
export const ORDER_ACCOUNT = 6;
/** What few orders have, or NONE. */
export const EXTRA = 7;
/** Floats. Where every record that an index finds has its id. */
export const RECORD_ID = 4;
export const ORDER_ID = 4;
export const ORDER_HOLD = 5;
export const OPEN_LOTS = 6;
/** The whole, filled part included; of a budget, what is left of it. */
export const QTY_LOTS = 7;
export const ORDER_WIDTH = 16;

/** What few orders have. Absent numbers are 0. */
export const EXTRA_TYPE = 0;
export const EXTRA_TIME_IN_FORCE = 1;
export const EXTRA_PREVENTION = 2;
export const EXTRA_TRIGGER = 3;
export const EXTRA_OFFSET = 4;
export const EXTRA_TAKER_FEE = 5;
/** The other leg of its pair, or NONE. */
export const EXTRA_LINKED = 6;
/** Its neighbours among those that trail the price. */
export const EXTRA_TRAIL_NEXT = 7;
export const EXTRA_TRAIL_PREVIOUS = 8;
/** The limit of an order that waits. */
export const EXTRA_PRICE = 9;
/** Its place among those that expire. */
export const EXTRA_EXPIRY = 10;
/** Its session's record, or NONE, and its neighbours among the orders of that, by age. */
export const EXTRA_SESSION_RECORD = 11;
export const EXTRA_SESSION_NEWER = 20;
export const EXTRA_SESSION_OLDER = 21;
/** Floats. */
export const EXTRA_DISPLAY = 6;
export const EXTRA_SHOWN = 7;
export const EXTRA_EXPIRE_MS = 8;
export const EXTRA_SESSION = 9;
/** Behind the integers: the account that stands for its user, where it is another one. */
export const EXTRA_MAIN_ACCOUNT = 11;
export const EXTRA_WIDTH = 24;

/** A price or trigger level. Lots are the sum of its orders' open lots. */
export const HEAD = 0;
export const TAIL = 1;
export const KEY = 2;
export const LEVEL_SIDE = 3;
export const LEVEL_LOTS = 2;
export const NODE = 6;
export const ORDER_COUNT = 7;
export const LEVEL_WIDTH = 8;

/** A node of the tree of prices: its children first, by five bits of the key, and a key that belongs below it. */
export const BITMAP = 32;
export const SHIFT = 33;
export const PARENT = 34;
export const SAMPLE = 35;
export const NODE_WIDTH = 36;

/** A page of an index: as many handles, by the lowest bits of the id. */
export const PAGE_WIDTH = 16;

/** An account that has orders. */
export const OLDEST = 0;
export const NEWEST = 1;
export const COUNT = 2;
/** The first of its sessions that have orders. */
export const SESSIONS = 3;
/** Where `RECORD_ID` is, as in orders. */
export const ACCOUNT_ID = 4;
export const ACCOUNT_WIDTH = 16;

/** A session of an account that has orders: it starts as an account does. */
export const SESSION_NEXT = 6;
export const SESSION_PREVIOUS = 7;
export const SESSION_ID = 2;
export const SESSION_WIDTH = 8;

/** What an order is. */
export const trait = {
  buy: 1,
  budget: 2,
  rests: 4,
  waits: 8,
  postOnly: 16,
  iceberg: 32,
  paired: 64,
  expires: 128,
  /** What is left of it may stay in the book. */
  mayRest: 256,
  /** It has no limit price: the collar bounds it. */
  isMarket: 512,
  /** It is found by its id and its account. */
  known: 1024,
} as const;

export const FEE_SHIFT = 12;
/** A maker that needs more than its lots taken away. */
export const NOT_PLAIN = trait.iceberg | trait.paired;
