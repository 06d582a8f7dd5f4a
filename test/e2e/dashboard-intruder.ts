/** Somebody at the real port of the built program's dashboard who speaks HTTP as no browser would, down to the bytes. */
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.js';
import { freeTcpPort } from './browser.js';
import { SERVICES, startFleet } from './fleet.js';
import { Program } from './program.js';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export type Headers = Readonly<Record<string, string>>;

/** One request on a connection of its own; the path is sent as it is. A body without a length is sent in chunks. */
export function ask(
  port: number,
  method: string,
  path: string,
  headers: Headers = {},
  body?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: Object.fromEntries(
            Object.entries(answer.headers).map(([name, value]) => [name, String(value)]),
          ),
          text,
        }),
      );
      answer.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Sends bytes and resolves with what came back before the other side closed the connection. */
export function sendRaw(port: number, bytes: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let said = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      said += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(parse(said)));
  });
}

function parse(said: string): Answer {
  const [head = '', ...text] = said.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return {
    status: Number(first.split(' ')[1] ?? 0),
    headers: Object.fromEntries(headers),
    text: text.join('\r\n\r\n'),
  };
}

export const JSON_TYPE = { 'content-type': 'application/json' };
export const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
/** As the file that `cloudnap open` writes posts its form. */
export const FROM_FILE = { ...FORM, origin: 'null' };

/** A running program with nobody signed in, and everything its dashboard has answered. */
export class Dashboard {
  readonly program: Program;
  readonly sandbox: Sandbox;
  readonly port: number;
  /** By what was asked. */
  readonly answers: [string, Answer][] = [];

  private constructor(program: Program, sandbox: Sandbox, port: number) {
    this.program = program;
    this.sandbox = sandbox;
    this.port = port;
  }

  static async start(): Promise<Dashboard> {
    const [sandbox, port] = await Promise.all([startFleet(), freeTcpPort()]);
    const program = await Program.prepare({
      endpoint: sandbox.endpoint,
      services: SERVICES,
      settings: {
        activity_monitor: { inactivity_timeout_minutes: 60 },
        dashboard: { enabled: true, port },
      },
      env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
    });
    // No profile of whoever runs the tests is found.
    const home = join(program.home, 'person');
    mkdirSync(home);
    await program.start({ HOME: home });
    return new Dashboard(program, sandbox, port);
  }

  /** One request; its answer is kept. */
  async send(method: string, path: string, headers: Headers = {}, body?: string): Promise<Answer> {
    const answer = await ask(this.port, method, path, headers, body);
    this.answers.push([`${method} ${path.slice(0, 60)}`, answer]);
    return answer;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The one-time token in the file that `cloudnap open` writes. */
  async pass(): Promise<string> {
    const { file } = await this.program.json<{ file: string }>('open', '--no-browser');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    return /name="token" value="([^"]+)"/.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
  }

  /** Hands a token in. */
  enter(token: string, headers: Headers = FROM_FILE): Promise<Answer> {
    return this.send('POST', '/open', headers, new URLSearchParams({ token }).toString());
  }

  /** The headers of a page that was let in. */
  async letIn(): Promise<Headers> {
    const bearer = bearerIn(await this.enter(await this.pass()));
    expect(bearer).toMatch(/^[\w-]{43}$/);
    return { ...JSON_TYPE, origin: this.origin, authorization: `Bearer ${bearer}` };
  }

  async dispose(): Promise<void> {
    await this.program.dispose();
    await this.sandbox.close();
  }
}

export function bearerIn({ text }: Answer): string | undefined {
  return /cloudnap-session" content="([^"]*)"/.exec(text)?.[1];
}
