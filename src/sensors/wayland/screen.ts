/** The screen, as compositors of the wlroots family tell its changes: how much has changed, never what is shown. */
import type { SensorOptions } from '../../core/sensor.js';
import type { Watch, WatchContext } from '../over-connection.js';
import { type Global, offered, type WaylandConnection } from './connection.js';
import { memoryLender } from './descriptors.js';
import { OutputWatch } from './output-watch.js';
import { WL_OUTPUT, WL_SHM, WLR_SCREENCOPY_MANAGER } from './protocols.js';

const CURE =
  'use a compositor that offers it, as Sway and Hyprland do, or set activity_monitor.screen.enabled to false in settings.json';

/**
 * Watches all outputs, those that come later too. The share that must change is of the one output.
 * @throws Unavailable when the compositor does not tell what changes.
 */
export async function watchScreen(
  connection: WaylandConnection,
  context: WatchContext,
  { screenMinChangedPercent, screenIntervalMs }: SensorOptions,
): Promise<Watch> {
  const manager = connection.bind(
    offered(connection, WLR_SCREENCOPY_MANAGER, 2, CURE),
    WLR_SCREENCOPY_MANAGER,
    2,
  );
  const shm = connection.bind(offered(connection, WL_SHM, 1, CURE), WL_SHM, 1);
  const lend = await memoryLender();
  const outputs = new Map<number, OutputWatch>();

  const follow = (global: Global): OutputWatch => {
    const watch = new OutputWatch({
      connection,
      clock: context.clock,
      manager,
      shm,
      output: connection.bind(global, WL_OUTPUT, 1, { mayGo: true }),
      lend,
      intervalMs: screenIntervalMs,
      changed: (share) => {
        if (100 * share >= screenMinChangedPercent) context.report(context.clock.now(), false);
      },
    });
    outputs.set(global.name, watch);
    return watch;
  };
  connection.onGlobals(
    (global) => {
      if (global.interface === WL_OUTPUT.name) void follow(global).start();
    },
    ({ name }) => {
      outputs.get(name)?.stop();
      outputs.delete(name);
    },
  );
  await Promise.all(connection.globals(WL_OUTPUT).map((global) => follow(global).start()));
  await connection.roundtrip();
  return {
    read: async () => {
      await connection.roundtrip();
      await Promise.all([...outputs.values()].map((output) => output.look()));
      // An output that does not answer is waited for in vain: was it the compositor that went away?
      await connection.roundtrip();
    },
    stop: () => {
      for (const output of outputs.values()) output.stop();
    },
  };
}
