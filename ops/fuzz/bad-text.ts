/** Text that no field of its kind takes. */

const nowhere = [
  "*",
  ">",
  "a.b",
  "a*b",
  "a>b",
  "a b",
  " ",
  "a\u0000b",
  "a\nb",
  "ä",
  "😀",
  "%",
  "%2e",
  "../..",
  "' or 1=1 --",
  "$where",
  "${7*7}",
  "a,b",
] as const;

/** No decimal of any market or asset: signs, exponents, blanks, zero, too fine, too long. */
export const badDecimals = [
  "",
  " ",
  "0",
  "0.0",
  "-1",
  "+1",
  "-0",
  "1e3",
  "1E-2",
  "1e400",
  "0x10",
  "0b1",
  "1_000",
  "1,5",
  "1.",
  ".5",
  "01",
  "00.5",
  "1.2.3",
  " 1",
  "1 ",
  "1\n",
  "١",
  "１",
  "NaN",
  "Infinity",
  "-Infinity",
  "null",
  "1n",
  "0.00000000000000000001",
  `0.${"0".repeat(60)}1`,
  `1.${"0".repeat(40)}`,
  "9".repeat(38),
  "9".repeat(39),
  "9".repeat(4000),
] as const;

/** Fine numbers, but past any book's range, or no whole numbers of any listed market's tick or lot. */
export const offBook = {
  price: ["0.001", "100.005", "1.00000001", "21474836.48", "9007199254740993"],
  quantity: ["0.0000000001", "9007199254740993"],
  budget: ["0.00000000001", "9007199254740993"],
} as const;

export const badWholeNumbers = [
  "",
  " ",
  "-1",
  "+1",
  "1e2",
  "1.5",
  "0x10",
  " 1",
  "1 ",
  "١",
  "NaN",
  "9".repeat(30),
  "a",
] as const;

/** No place in any market's log. */
export const badPositions = [
  "",
  "BTC-USD",
  "BTC-USD:",
  ":1024",
  "BTC-USD:0",
  "BTC-USD:-1",
  "BTC-USD:01",
  "BTC-USD:1.5",
  "BTC-USD:1e3",
  "BTC-USD:9007199254740993",
  `BTC-USD:${"9".repeat(40)}`,
  "BTC-USD:1024:1",
  "btc-usd:1024",
  "BTC-USD:1024 ",
  "*:1024",
  ">:1",
  "BTC.USD:1024",
  "B:1",
] as const;

export const badMarkets = [
  "",
  "BTC",
  "btc-usd",
  "BTC-usd",
  "BTC_USD",
  "BTC-USD-X",
  "BTC-USD.",
  "BTC-USD ",
  "BTC-*",
  "NOPE-NONE",
  "A".repeat(300),
  ...nowhere,
] as const;

export const badAssets = ["", "usd", "NOPE", "U", "USD.", "U".repeat(300), ...nowhere] as const;

/** Over-long and otherwise; for ids of at most 64 letters, digits, `_` and `-`. */
export const badIds = ["", "x".repeat(65), "x".repeat(1000), ...nowhere] as const;

export const malformedJson = [
  "",
  "{",
  "}",
  "{]",
  '{"a":1',
  '{"a":1,}',
  '{"a" 1}',
  "{'a':1}",
  "{a:1}",
  '{"a":undefined}',
  '{"a":NaN}',
  '{"a":01}',
  '{"a":"\u0001"}',
  '{"a":1} {"b":2}',
  "\uFEFF{",
  "//",
  "<a/>",
  "a=1&b=2",
  "[".repeat(5000),
] as const;

/** JSON, but no object. */
export const wrongTops = ["null", "true", "0", '"text"', "[]", "[{}]", "1e999"] as const;

export const wrongMediaTypes = [
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "application/json; charset=utf-16",
  "application/jsonx",
  "*/*",
] as const;

export const badEmails = [
  "",
  "ada",
  "@example.org",
  "ada@",
  "ada@localhost",
  "ada@@example.org",
  "ada@example..org",
  "ada @example.org",
  "ada@example.org ",
  "ada@example.org\n",
  "ädä@example.org",
  `${"a".repeat(65)}@example.org`,
  `ada@${"a.".repeat(130)}org`,
  "a@".repeat(120),
] as const;

/** Names no order of anybody. */
export const badOrderIds = [
  ...badPositions.filter((text) => text !== ""),
  "client:",
  "client:a.b",
  "client:*",
  "client:>",
  "client:a b",
  "client:a/b",
  `client:${"x".repeat(37)}`,
  `client:${"x".repeat(300)}`,
  "client:nobody-placed-it",
  "CLIENT:nobody-placed-it",
  "NOPE-NONE:1024",
  "0",
  "null",
  "undefined",
  ...nowhere,
] as const;

export const badWords = ["", "BUY", "both", "gtc", "1M", "OPEN", ...nowhere] as const;
