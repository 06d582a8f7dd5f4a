/** A person's desk: an X server to type at, a fleet in a sandbox, and the built program between them. */
import { isDeepStrictEqual } from 'node:util';
import { demoFleet, type Sandbox } from '../../src/sandbox/index.js';
import { startXServer, type XServer } from '../desktop/xserver.js';
import { SERVICES, standing, startFleet } from './fleet.js';
import { Program, type ProgramOptions, until } from './program.js';

export interface Scene {
  readonly x: XServer;
  readonly sandbox: Sandbox;
  readonly program: Program;
  /** The fleet as it stood at first. */
  readonly before: unknown;
  /** Lets time go by in AWS alone. */
  readonly passInAws: (ms: number) => void;
}

/** Sets a scene up, plays it, and clears it away. All three kinds are registered unless `services` says otherwise. */
export async function scene(
  play: (scene: Scene) => Promise<void>,
  {
    fleet,
    windowManager = false,
    ...options
  }: Omit<ProgramOptions, 'endpoint'> & { readonly fleet?: 'demo'; readonly windowManager?: boolean } = {},
): Promise<void> {
  let aheadMs = 0;
  const [x, sandbox] = await Promise.all([
    startXServer({ windowManager }),
    startFleet(fleet === 'demo' ? demoFleet : undefined, () => aheadMs),
  ]);
  const passInAws = (ms: number) => {
    aheadMs += ms;
  };
  const program = await Program.prepare({
    endpoint: sandbox.endpoint,
    services: SERVICES,
    ...options,
    env: { DISPLAY: x.display, ...options.env },
  });
  try {
    await play({ x, sandbox, program, before: standing(sandbox), passInAws });
  } finally {
    await program.dispose();
    await Promise.all([x.stop(), sandbox.close()]);
  }
}

/** How often the log tells a text. */
export function told(program: Program, text: string): number {
  return program.read('aws_monitor.log').split(text).length - 1;
}

/** The conditions that stand, by id. */
export async function conditions(program: Program): Promise<Readonly<Record<string, string>>> {
  const status = await program.json<{ conditions: { id: string; message: string }[] }>('status');
  return Object.fromEntries(status.conditions.map(({ id, message }) => [id, message]));
}

/** Types until something is so: a timeout of seconds would run out again under whatever takes long. */
export async function typeUntil(
  { x }: Pick<Scene, 'x'>,
  what: string,
  isSo: () => boolean | Promise<boolean>,
  limitMs = 60_000,
): Promise<void> {
  await until(what, async () => (await x.xdotool('key', 'shift')) === '' && (await isSo()), limitMs);
}

/** Types until the whole fleet stands as it did at first. */
export async function bringBack({
  x,
  sandbox,
  before,
}: Pick<Scene, 'x' | 'sandbox' | 'before'>): Promise<void> {
  await typeUntil({ x }, 'everything is back exactly', () => isDeepStrictEqual(standing(sandbox), before));
}
