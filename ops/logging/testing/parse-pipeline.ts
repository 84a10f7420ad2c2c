/** Logstash's pipeline language, as far as the pipeline here uses it: sections, plugins, options. Refuses all else. */

export interface Plugin {
  readonly section: string;
  readonly name: string;
  readonly options: Readonly<Record<string, string | readonly string[]>>;
}

const token = /\s+|#[^\n]*|"(?:[^"\\]|\\.)*"|=>|[{}[\],]|[\w.@-]+/gy;

export function parsePipeline(text: string): Plugin[] {
  const tokens = tokensOf(text);
  const plugins: Plugin[] = [];
  while (tokens.length > 0) {
    const section = take(tokens, /^(input|filter|output)$/);
    take(tokens, /^\{$/);
    while (tokens[0] !== "}") {
      const name = take(tokens, /^[a-z_]+$/);
      take(tokens, /^\{$/);
      const options: [string, string | string[]][] = [];
      while (tokens[0] !== "}") options.push(parseOption(tokens));
      take(tokens, /^\}$/);
      plugins.push({ section, name, options: Object.fromEntries(options) });
    }
    take(tokens, /^\}$/);
  }
  return plugins;
}

function parseOption(tokens: string[]): [string, string | string[]] {
  const name = take(tokens, /^[a-z_]+$/);
  take(tokens, /^=>$/);
  if (tokens[0] !== "[") return [name, takeValue(tokens)];
  const values: string[] = [];
  while (take(tokens, values.length === 0 ? /^\[$/ : /^[,\]]$/) !== "]") {
    values.push(takeValue(tokens));
  }
  return [name, values];
}

function takeValue(tokens: string[]): string {
  return take(tokens, /^("[\s\S]*"|\w+)$/).replaceAll(/^"|"$/g, "");
}

function take(tokens: string[], wanted: RegExp): string {
  const next = tokens.shift() ?? "the end";
  if (!wanted.test(next)) throw new Error(`${next} stands where ${wanted.source} is wanted`);
  return next;
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  let end = 0;
  for (const match of text.matchAll(token)) {
    if (match.index !== end) break;
    end += match[0].length;
    if (!/^(\s|#)/.test(match[0])) tokens.push(match[0]);
  }
  if (end !== text.length) throw new Error(`what is ${text.slice(end, end + 20)}?`);
  return tokens;
}
