/** One account at the public door: signed up once, logged in whenever its token is refused. */

import { z } from "zod";

import { Failure } from "../setup/failure.ts";
import type { HttpRequest } from "./client.ts";
import type { Ask, Question } from "./persistent.ts";
import { describe, readCode } from "./persistent.ts";
import type { HttpReply } from "./reply.ts";

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

export interface Session {
  readonly email: string;
  /** Asks as this account. `headers` of the request go along with the token. */
  ask(question: Question): Promise<HttpReply>;
  /** For callers that send requests themselves. */
  readonly authorization: string;
}

const Login = z.object({ accessToken: z.string() });

/** Signs up unless the account exists already. Refuses a wrong password. */
export async function openSession(ask: Ask, credentials: Credentials): Promise<Session> {
  let token = await logIn(ask, credentials, { signUp: true });
  let renewing: Promise<void> | undefined;

  async function renew(): Promise<void> {
    token = await logIn(ask, credentials, { signUp: false });
    renewing = undefined;
  }

  const authorization = (): string => `authorization: Bearer ${token}\r\n`;
  return {
    email: credentials.email,
    get authorization() {
      return authorization();
    },
    async ask(question) {
      for (;;) {
        const reply = await ask({
          ...question,
          build: () => withHeader(question.build(), authorization()),
        });
        if (reply.status !== 401) return reply;
        renewing ??= renew();
        await renewing;
      }
    },
  };
}

async function logIn(
  ask: Ask,
  credentials: Credentials,
  { signUp }: { readonly signUp: boolean },
): Promise<string> {
  const login = await post(ask, "/v1/auth/login", credentials);
  if (login.status === 200) return Login.parse(JSON.parse(login.body)).accessToken;
  if (!signUp) throw new Failure(`${credentials.email} cannot log in: ${describe(login)}`);
  const signedUp = await post(ask, "/v1/auth/signup", credentials);
  const isThere = signedUp.status === 201 || readCode(signedUp) === "EMAIL_TAKEN";
  if (!isThere) throw new Failure(`${credentials.email} cannot sign up: ${describe(signedUp)}`);
  return await logIn(ask, credentials, { signUp: false });
}

async function post(ask: Ask, path: string, body: Credentials): Promise<HttpReply> {
  return await ask({
    build: () => ({ method: "POST", path, headers: "", body: JSON.stringify(body) }),
  });
}

function withHeader(request: HttpRequest, header: string): HttpRequest {
  return { ...request, headers: `${header}${request.headers}` };
}
