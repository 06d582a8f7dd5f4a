/** What this machine's desktop has for notifications and for an icon. */
import type { NoticeAction, Notifier, Tray } from '../core/desktop.js';
import type { Clock } from '../core/instant.js';
import { programRunner } from './autostart-place.js';
import { LinuxNotifier } from './notice-linux.js';
import { macosNotifier } from './notice-macos.js';
import { windowsNotifier } from './notice-windows.js';
import { LinuxTray, type LinuxTrayOptions } from './tray-linux.js';

export interface DesktopOptions {
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Its notifications. */
export function createNotifier(
  options: DesktopOptions & {
    readonly log: (message: string) => void;
    readonly onAction: (action: NoticeAction) => void;
  },
): Notifier {
  const { platform, env } = options;
  if (platform === 'win32') return windowsNotifier(programRunner(env));
  if (platform === 'darwin') return macosNotifier(programRunner(env));
  return new LinuxNotifier(options);
}

/** Its icon; undefined where there is none in this version: Windows and macOS. */
export function createTray(options: DesktopOptions & LinuxTrayOptions): Tray | undefined {
  return options.platform === 'win32' || options.platform === 'darwin' ? undefined : new LinuxTray(options);
}
