/**
 * Notifications on macOS, by way of osascript: what any program may show without being signed. Such a notification has
 * no buttons and cannot be taken back. Not tried on a Mac yet: only what osascript would be given is tested.
 */
import type { RunProgram } from './autostart-place.js';
import { ProgramNotifier } from './notice-program.js';

/** The texts are arguments of the script, so that nothing in them is ever read as AppleScript. */
const SCRIPT = [
  'on run argv',
  'display notification (item 2 of argv) with title (item 1 of argv)',
  'end run',
] as const;

/** Notifications on this Mac. */
export function macosNotifier(run: RunProgram): ProgramNotifier {
  return new ProgramNotifier({
    mechanism: 'osascript, without buttons (written from documentation, not tried)',
    cure: 'allow notifications of Script Editor in the system settings; the dashboard tells the same',
    run,
    // A title of ours never begins with a dash, and behind it nothing is taken for an option.
    show: ({ title, body }) => ['osascript', ...SCRIPT.flatMap((line) => ['-e', line]), title, body],
    withdraw: undefined,
  });
}
