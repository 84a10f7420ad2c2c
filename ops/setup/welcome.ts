/** What `ops/up` prints once everything is ready. The lines to try are run by a test. */

import { dirname } from "node:path";

import { gatewayUrl } from "./addresses.ts";
import { demoEmail, ensureDemoUser } from "./demo-user.ts";
import { edgeGatewayName, listEdgeAddresses } from "./edge.ts";
import { readOpsEnv } from "./env.ts";
import { explain } from "./failure.ts";
import { type Home, toolsFolder } from "./home.ts";
import { readSecrets } from "./secrets.ts";
import { readState, type State } from "./state.ts";

export async function welcome(home: Home, ports: State["ports"]): Promise<string> {
  const { gateway } = ports;
  if (gateway === undefined) {
    return `NATS ${ports["nats"]}, MySQL ${ports["mysql"]} and Redis ${ports["redis"]} are ready. Their logins: ${home.run}/env`;
  }
  const url = gatewayUrl(gateway);
  const edge = readState(home)?.processes.some(({ name }) => name === edgeGatewayName);
  const addresses = `${listAddresses(url, ports["nats-public"])}${edge === true ? listEdgeAddresses(ports) : ""}`;
  const { demo: password } = readSecrets(home);
  const { TEST_FUNDS: testFunds } = readOpsEnv();
  try {
    await ensureDemoUser({ url, password, testFunds });
  } catch (error) {
    return `${addresses}\n  There is no demo login: ${explain(error)}`;
  }
  return `${addresses}
  Demo login  ${demoEmail}  ${password}

Try:
${listTrials(url, password)}

ops/status shows the processes, ops/down stops them.${findBunHint()}`;
}

/** Who had no Bun got a private one, which a shell does not find. */
function findBunHint(): string {
  if (!process.execPath.startsWith(toolsFolder)) return "";
  return `\nFor bun run exchange: export PATH="${dirname(process.execPath)}:$PATH"`;
}

function listAddresses(url: string, publicNats: number | undefined): string {
  return `
The exchange is ready.

  REST        ${url}/v1/markets
  Docs        ${url}/docs
  WebSocket   ${url.replace("http", "ws")}/v1/ws
  Public NATS ws://127.0.0.1:${publicNats}`;
}

function listTrials(url: string, password: string): string {
  const credentials = JSON.stringify({ email: demoEmail, password });
  const order = JSON.stringify({
    market: "BTC-USD",
    side: "buy",
    type: "limit",
    price: "230.50",
    quantity: "0.25",
  });
  const json = "-H 'content-type: application/json'";
  const bearer = `-H "authorization: Bearer $TOKEN"`;
  // Answers end without a line break, and the prompt would follow on the same line.
  const show = "curl -sw '\\n'";
  const cut = `sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/'`;
  return [
    `TOKEN=$(curl -s ${url}/v1/auth/login ${json} -d '${credentials}' | ${cut})`,
    `${show} ${url}/v1/balances ${bearer}`,
    `${show} ${url}/v1/orders ${bearer} ${json} -d '${order}'`,
    `${show} ${url}/v1/markets/BTC-USD/book`,
    `${show} -X DELETE '${url}/v1/orders?market=BTC-USD' ${bearer}`,
  ]
    .map((line) => `  ${line}`)
    .join("\n");
}
