/**
 * The demo: a daemon of its own, with a home, ports and keys of its own, on the embedded sandbox. It follows the
 * person at this machine where there is a display, and else a scripted one who works, leaves and comes back.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DemoView } from '../cli/demo-view.js';
import type { DemoResult } from '../cli/render/summary.js';
import type { Control } from '../core/control.js';
import { CommandError } from '../core/errors.js';
import { type Clock, sleep } from '../core/instant.js';
import { DEMO_KEY } from '../sandbox/credentials.js';
import { startSandbox } from '../sandbox/index.js';
import type { Sandbox } from '../sandbox/sandbox.js';
import { ScriptedPerson } from '../sensors/scripted.js';
import { ensureFolders, type Paths, resolvePaths } from '../system/paths.js';
import { type Daemon, startDaemon } from './daemon.js';
import { canWatch } from './demo-display.js';
import { DEMO_TIMES, demoServices, demoSettings, freePorts } from './demo-home.js';
import { compareFleets, type FleetState, looksLike, stateOf } from './demo-summary.js';
import { noSignals } from './no-signals.js';
import { untilSignalled } from './run.js';

export interface DemoOptions {
  readonly home: string | undefined;
  /** Goes on until it is interrupted, and keeps its home. */
  readonly keep: boolean;
  /** Plays the scripted person even where there is a display. */
  readonly scripted: boolean;
  readonly clock: Clock;
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
}

/** How long the scripted run waits for a nap or a restore before it calls the demo failed. */
const PATIENCE_MS = 90_000;
/** And for tasks and nodes to run again, before it shows what there is. */
const SETTLING_MS = 20_000;
/** The exit code of a program ended by Ctrl-C before it was done. */
const INTERRUPTED = 130;

/** Runs the demo. Resolves with the exit code: 1 when the scripted person found something not as it was. */
export async function runDemo(options: DemoOptions, view: DemoView): Promise<number> {
  const { clock, keep, version } = options;
  forgetAws(process.env);
  const interrupted = untilSignalled();
  const leaving = new AbortController();
  const { signal } = leaving;
  const folder = options.home ?? mkdtempSync(join(tmpdir(), 'cloudnap-demo-'));
  const paths = resolvePaths({ home: folder, env: {} });
  ensureFolders(paths);
  refuseUsed(folder, paths);
  const undo: (() => unknown)[] = [];
  if (options.home === undefined && !keep) undo.push(() => rmSync(folder, { recursive: true, force: true }));
  try {
    const sandbox = await startSandbox({
      clock: { now: () => clock.now().wall, sleep: (ms) => sleep(clock, ms) },
      delayScale: DEMO_TIMES.delayScale,
    });
    undo.push(() => sandbox.close());
    const ports = await freePorts();
    writeFileSync(paths.services, demoServices(), { mode: 0o600 });
    const display = options.scripted
      ? { watched: false, why: 'as asked' }
      : await canWatch(clock, options.env);
    const person = display.watched ? undefined : new ScriptedPerson(clock);
    const settings = demoSettings(sandbox.endpoint, { ports, isScripted: person !== undefined });
    writeFileSync(paths.settings, settings, { mode: 0o600 });
    introduce(view, { folder, udpPort: ports.udp, why: person ? display.why : undefined });
    const before = stateOf(sandbox);
    const daemon = await startDaemon({
      paths,
      clock,
      version,
      env: process.env,
      credentials: DEMO_KEY,
      senses:
        person &&
        ((log) => person.senses({ clock, random: Math.random, log: (text, more) => log.info(text, more) })),
      signals: person && noSignals('a scripted person has no session'),
    });
    undo.push(() => daemon.stop());
    const ended = Promise.race([interrupted.received, daemon.asked]);
    const allRead = async () => (await daemon.control.registered()).every(({ power }) => power !== undefined);
    await Promise.race([until({ clock, signal }, allRead), ended]);
    view.follow(daemon.control);
    if (!person) {
      await view.finish(await followPerson(sandbox, before, daemon.control, ended));
      return 0;
    }
    const results = await Promise.race([
      playThrough(person, daemon, sandbox, before, { clock, signal }),
      ended,
    ]);
    person.leaves();
    if (!results) return INTERRUPTED;
    if (keep) await ended;
    await view.finish(results);
    return results.every(({ exact }) => exact) ? 0 : 1;
  } finally {
    leaving.abort();
    for (const step of undo.reverse()) await step();
    interrupted.ignore();
  }
}

/** The demo writes a home of its own: it never writes over one that is in use. @throws CommandError REFUSED */
function refuseUsed(folder: string, paths: Paths): void {
  if ([paths.settings, paths.services, paths.db].some((file) => existsSync(file)))
    throw new CommandError('REFUSED', `${folder} is the home of a Cloudnap already`, {
      hint: 'Give --home an empty folder, or leave it out: the demo makes one and removes it.',
    });
}

/** The scripted person works, leaves, and comes back when everything naps. */
async function playThrough(
  person: ScriptedPerson,
  daemon: Daemon,
  sandbox: Sandbox,
  before: FleetState,
  watch: Watch,
): Promise<readonly DemoResult[]> {
  person.play([
    { afterMs: 1_000, sensor: 'keyboard', forMs: 3_000 },
    { afterMs: 4_000, sensor: 'mouse', forMs: 1_000 },
  ]);
  const { control } = daemon;
  await until(watch, async () => (await control.status()).presence === 'away' && (await allNap(control)));
  const napped = stateOf(sandbox);
  await sleep(watch.clock, DEMO_TIMES.pauseMs, watch.signal);
  person.does('keyboard', 1_000);
  await until(watch, async () => (await control.registered()).every(({ phase }) => phase === undefined));
  // ECS and EKS are back when their sizes are; give their tasks and nodes the moment they need to run.
  await until(watch, async () => looksLike(before, stateOf(sandbox)), SETTLING_MS);
  return compareFleets(before, napped, stateOf(sandbox));
}

/** Whether every target that may nap naps. */
async function allNap(control: Control): Promise<boolean> {
  const rows = await control.registered();
  return rows.every(
    ({ phase, power, refusal }) => phase === 'napped' || refusal !== undefined || power === 'off',
  );
}

/** A real person: their fleet is compared as it is when they end the demo. */
async function followPerson(
  sandbox: Sandbox,
  before: FleetState,
  control: Control,
  ended: Promise<void>,
): Promise<readonly DemoResult[]> {
  let napped = before;
  const unsubscribe = control.subscribe(({ type }) => {
    if (type === 'napped') napped = stateOf(sandbox);
  });
  await ended;
  unsubscribe();
  return compareFleets(before, napped, stateOf(sandbox));
}

/** What waiting needs: it ends, rejecting, when the demo does. */
interface Watch {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Waits until something is so; goes on without it after `limitMs`, and the summary then shows what is not. */
async function until(
  { clock, signal }: Watch,
  isSo: () => Promise<boolean>,
  limitMs = PATIENCE_MS,
): Promise<void> {
  const end = clock.now().mono + limitMs;
  while (clock.now().mono < end && !(await isSo())) await sleep(clock, 200, signal);
}

function introduce(
  view: DemoView,
  about: { folder: string; udpPort: number; why: string | undefined },
): void {
  view.note('A small fleet in a make-believe AWS on this machine; no account is needed and none is touched.');
  if (about.why === undefined)
    view.note(
      `Take your hands off for ${DEMO_TIMES.timeoutSeconds} seconds and watch it nap; press a key and it is back. Ctrl-C ends the demo.`,
    );
  else view.note(`A scripted person plays (${about.why}): works, leaves, and comes back.`);
  view.note(`Its dashboard: bin/cloudnap --home ${about.folder} open`);
  view.note(
    `Its home is ${about.folder}; it answers on UDP port ${about.udpPort}: echo STATUS | nc -u -w1 127.0.0.1 ${about.udpPort}`,
  );
}

/** No client of the demo may reach anything but loopback, whatever the environment says. */
function forgetAws(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(env))
    if (/^AWS_/i.test(name) || /^(https?|all|no)_proxy$/i.test(name)) delete env[name];
  env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  env.AWS_EC2_METADATA_DISABLED = 'true';
  env.AWS_CONFIG_FILE = '/nonexistent/cloudnap-demo';
  env.AWS_SHARED_CREDENTIALS_FILE = '/nonexistent/cloudnap-demo';
}
