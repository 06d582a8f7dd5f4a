import { Unavailable } from '../../core/errors.js';
/**
 * Keyboard and mouse together, by what a compositor says of the seat's idle time. Which of them it was, how far the
 * pointer moved, and whether a program set the idle time back (`simulate_user_activity`, as old players do on KDE)
 * cannot be told.
 */

import type { Watch, WatchContext } from '../over-connection.js';
import { PAUSE_MS } from '../runs.js';
import { type Global, offered, type WaylandConnection } from './connection.js';
import { IdleWatch } from './idle-watch.js';
import type { WaylandObject } from './object.js';
import {
  EXT_IDLE_NOTIFICATION,
  EXT_IDLE_NOTIFIER,
  KDE_IDLE,
  KDE_IDLE_TIMEOUT,
  WL_SEAT,
} from './protocols.js';

/** One subscription to a seat's rest of some length and to its end. */
interface Subscription {
  readonly idled: () => void;
  readonly resumed: () => void;
}

type Subscribe = (afterMs: number, to: Subscription) => { destroy(): void };

/** A protocol that tells idle time. */
export interface IdleProtocol {
  /** For people; it ends in what it cannot do. */
  readonly mechanism: string;
  /**
   * Takes up what the compositor offers of it.
   * @throws Unavailable when it does not.
   */
  readonly bind: (connection: WaylandConnection, seat: WaylandObject<typeof WL_SEAT>) => Subscribe;
}

const CURE =
  'use a compositor that offers it: KWin 5.27, Sway 1.8 or Hyprland, for example (input apart from films: KWin 6.4, Sway 1.11)';

/** Version 2 hears input alone; version 1 goes silent while a program inhibits idling, as if somebody were there. */
function extIdle(request: 'get_idle_notification' | 'get_input_idle_notification'): IdleProtocol['bind'] {
  return (connection, seat) => {
    const version = request === 'get_input_idle_notification' ? 2 : 1;
    const global = offered(connection, EXT_IDLE_NOTIFIER, version, CURE);
    const notifier = connection.bind(global, EXT_IDLE_NOTIFIER, version);
    return (afterMs, { idled, resumed }) =>
      notifier
        .create(request, EXT_IDLE_NOTIFICATION, afterMs, seat)
        .on('idled', idled)
        .on('resumed', resumed);
  };
}

/** In the order to be tried. */
export const IDLE_PROTOCOLS: readonly IdleProtocol[] = [
  {
    mechanism: 'Wayland ext-idle-notify 2, keyboard and mouse together',
    bind: extIdle('get_input_idle_notification'),
  },
  {
    mechanism:
      'Wayland ext-idle-notify 1, keyboard and mouse together; a film that keeps the screen on counts too',
    bind: extIdle('get_idle_notification'),
  },
  {
    mechanism:
      'Wayland org_kde_kwin_idle, keyboard and mouse together; a film that keeps the screen on counts too',
    bind: (connection, seat) => {
      const manager = connection.bind(offered(connection, KDE_IDLE, 1, CURE), KDE_IDLE, 1);
      return (afterMs, { idled, resumed }) =>
        manager
          .create('get_idle_timeout', KDE_IDLE_TIMEOUT, seat, afterMs)
          .on('idle', idled)
          .on('resumed', resumed);
    },
  },
];

/**
 * Watches the first seat, the only one of an ordinary desktop.
 * @throws Unavailable when the compositor does not offer the protocol.
 */
export async function watchIdle(
  connection: WaylandConnection,
  context: WatchContext,
  protocol: IdleProtocol,
): Promise<Watch> {
  const seat = connection.bind(firstSeat(connection), WL_SEAT, 1);
  const subscribe = protocol.bind(connection, seat);
  const watch = new IdleWatch(context);
  // The rest of a second is told only once it has passed. Until then, the least of rests tells the first touch.
  const first = subscribe(0, {
    idled: () => watch.atRest(),
    resumed: () => {
      first.destroy();
      watch.resumed();
    },
  });
  subscribe(PAUSE_MS, {
    idled: () => {
      first.destroy();
      watch.idled();
    },
    resumed: () => watch.resumed(),
  });
  await connection.roundtrip();
  return {
    read: async () => {
      await connection.roundtrip();
      watch.look();
    },
    stop: () => {},
  };
}

function firstSeat(connection: WaylandConnection): Global {
  const [seat] = connection.globals(WL_SEAT);
  if (seat) return seat;
  throw new Unavailable(
    'the compositor has no seat, so nobody can touch anything',
    'attach a keyboard or a mouse, or switch the sensor off in settings.json',
  );
}
