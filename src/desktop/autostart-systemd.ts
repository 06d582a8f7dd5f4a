/**
 * A systemd user unit. It is wanted by graphical-session.target where the desktop reaches that target: by then it has
 * told the user manager DISPLAY or WAYLAND_DISPLAY, which the sensors need, and the daemon ends with the session.
 * Without any display it is wanted by default.target, which is reached at the first login.
 */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError } from '../core/errors.js';
import type { AutostartPlace, Found, RunProgram, Words } from './autostart-place.js';
import { removeEntry, removeFile, textOf, writeEntry } from './autostart-place.js';

const UNIT = 'cloudnap.service';
/** In the order of precedence when a unit is linked from both. */
const TARGETS = { desktop: 'graphical-session.target', login: 'default.target' } as const;

/** The user manager's view of this session. */
type UserManager = 'graphical' | 'no graphical session' | 'does not answer';

/** Asks whether there is a user manager, and whether the desktop has told it of itself. */
export async function askUserManager(run: RunProgram): Promise<UserManager> {
  const { isDone, output } = await run('systemctl', [
    '--user',
    'show',
    '--property=ActiveState',
    TARGETS.desktop,
  ]);
  if (!isDone) return 'does not answer';
  return /^ActiveState=active$/m.test(output) ? 'graphical' : 'no graphical session';
}

/** The unit below `config` (XDG_CONFIG_HOME); `when` decides what {@link AutostartPlace.put} ties it to. */
export function systemdUnit(config: string, when: Found['when'], run: RunProgram): AutostartPlace {
  const folder = join(config, 'systemd', 'user');
  const path = join(folder, UNIT);
  const linkFrom = (target: string) => join(folder, `${target}.wants`, UNIT);

  /** As `systemctl disable` does, but also where no user manager answers. */
  async function removeLinks(): Promise<void> {
    for (const target of Object.values(TARGETS)) await removeFile(linkFrom(target));
  }

  async function remove(): Promise<void> {
    await removeLinks();
    const isThere = (await textOf(path)) !== undefined;
    await removeEntry(path);
    if (isThere) await run('systemctl', ['--user', 'daemon-reload']);
  }

  return {
    kind: 'systemd',
    where: path,
    spell: systemdCommand,
    async find() {
      const command = /^ExecStart=(.+)$/m.exec((await textOf(path)) ?? '')?.[1];
      if (command === undefined) return undefined;
      const isDesktop = await isLink(linkFrom(TARGETS.desktop));
      const isLogin = await isLink(linkFrom(TARGETS.login));
      return { command, isOn: isDesktop || isLogin, when: isLogin && !isDesktop ? 'login' : 'desktop' };
    },
    async put(words) {
      // The unit may have been tied to the other target.
      await removeLinks();
      await writeEntry(path, unitText(words, when));
      for (const args of [['daemon-reload'], ['enable', UNIT]]) {
        const { isDone, complaint } = await run('systemctl', ['--user', ...args]);
        if (isDone) continue;
        await remove();
        throw new CommandError('REFUSED', `systemctl --user ${args.join(' ')} failed: ${complaint}`, {
          hint: '"systemctl --user status" tells how the user manager is.',
        });
      }
    },
    remove,
  };
}

/** The text of the unit. */
export function unitText(words: Words, when: Found['when']): string {
  const target = TARGETS[when];
  const session = when === 'desktop' ? `PartOf=${target}\nAfter=${target}\n` : '';
  return `# Written by "cloudnap autostart enable", removed by "cloudnap autostart disable".
[Unit]
Description=Cloudnap, which lets AWS services nap while you are away
${session}
[Service]
ExecStart=${systemdCommand(words)}
Restart=on-failure
RestartSec=5
# Another Cloudnap runs for the same home: that one serves.
RestartPreventExitStatus=3

[Install]
WantedBy=${target}
`;
}

/** A command as ExecStart= wants it: systemd.service(5), "Command lines", and systemd.syntax(7), "Quoting". */
function systemdCommand([program, ...args]: Words): string {
  // systemd refuses a program with quotes, backslashes or control characters in its path, however it is spelled, and
  // reads $ in it otherwise than in arguments. A shell starts such a program: there the path is an argument.
  const isFitting = !/["'\\$]|\p{Cc}/u.test(program);
  const words = isFitting ? [program, ...args] : ['/bin/sh', '-c', 'exec "$0" "$@"', program, ...args];
  return words.map(systemdWord).join(' ');
}

/** % begins a specifier and $ a variable, also within quotes; both stand for themselves when doubled. */
function systemdWord(word: string): string {
  if (/^[\w/.:=@,+-]+$/.test(word)) return word;
  const escaped = word
    .replace(/[\\"]/g, '\\$&')
    .replaceAll('%', '%%')
    .replaceAll('$', '$$$$')
    // \x names a byte: what is above ASCII goes as it is.
    .replace(/\p{Cc}/gu, (control) => (control < '\x80' ? hexEscape(control) : control));
  return `"${escaped}"`;
}

function hexEscape(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
