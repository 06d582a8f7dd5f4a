/** The senses of the machine this runs on. Which mechanisms are tried where, and in what order, is all here. */
import type { Senses, SensorName, SensorProbe } from '../core/sensor.js';
import type { SessionSignals } from '../core/session-signals.js';
import { gnomeProbes } from './gnome/probes.js';
import { inhibitorProbe } from './inhibitors/probe.js';
import { kdeProbes } from './kde/probes.js';
import { pulseAudioProbe } from './pulse/audio.js';
import { BACKOFF, type ProbeOrders, type SupervisionOptions, superviseSenses } from './senses.js';
import { LinuxSignals } from './signals/linux.js';
import { noSignals } from './signals/none.js';
import { terminalProbes } from './terminals/probes.js';
import { waylandProbes } from './wayland/probes.js';
import { x11Probes } from './x11/probes.js';

export interface SensesOptions extends SupervisionOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  /**
   * The terminal window in which this process shows what it does, as in WINDOWID: what changes in it is our own
   * doing. Left out when it writes to no terminal.
   */
  readonly ownWindow?: string | undefined;
}

/** Makes the senses of this machine; nothing is probed before they are started. */
export function createSenses(options: SensesOptions): Senses {
  return superviseSenses(probeOrders(options), options);
}

/** Makes the signals of this machine: lock, suspend and resume. Nothing is connected to before they are started. */
export function createSessionSignals(options: SensesOptions): SessionSignals {
  if (options.platform === 'linux') return new LinuxSignals({ backoff: BACKOFF, ...options });
  return noSignals(options.platform);
}

type Probes = Readonly<Record<SensorName, readonly SensorProbe[]>>;

/** The first probe in a list that starts is used; an empty list is what this version cannot sense there. */
function probesFor({ platform, clock, env, ownWindow }: SensesOptions): Probes {
  const none: Probes = { keyboard: [], mouse: [], screen: [], window: [], audio: [] };
  if (platform !== 'linux') return none;
  const gnome = gnomeProbes({ clock, env });
  const wayland = waylandProbes({ clock, env });
  const kde = kdeProbes({ clock, env });
  const x11 = x11Probes({ clock, env, ownWindow });
  return {
    keyboard: [...wayland.keyboard, gnome.keyboard, x11.keyboard, terminalProbes({ clock, env }).all],
    mouse: [...wayland.mouse, gnome.mouse, x11.mouse],
    screen: [wayland.screen, kde.screen, gnome.screen, x11.screen],
    window: [wayland.window, kde.window, gnome.window, x11.window],
    audio: [pulseAudioProbe({ clock, env })],
  };
}

/** Each of these watches beside the first that starts, where it can. */
function besideFor({ platform, clock, env }: SensesOptions): Partial<Probes> {
  if (platform !== 'linux') return {};
  return { keyboard: [terminalProbes({ clock, env }).remote], audio: [inhibitorProbe({ clock, env })] };
}

function probeOrders(options: SensesOptions): ProbeOrders {
  const probes = probesFor(options);
  const beside = besideFor(options);
  const order = (name: SensorName) => ({
    probes: probes[name],
    beside: beside[name] ?? [],
    none: {
      reason: `this version has no mechanism for the ${name} sensor on ${options.platform}`,
      cure: `set activity_monitor.${name}.enabled to false in settings.json`,
    },
  });
  return {
    keyboard: order('keyboard'),
    mouse: order('mouse'),
    screen: order('screen'),
    window: order('window'),
    audio: order('audio'),
  };
}
