/** An XDG autostart entry, which the desktop itself reads at login: where no systemd user manager knows the session. */
import { join } from 'node:path';
import type { AutostartPlace, Words } from './autostart-place.js';
import { removeEntry, textOf, writeEntry } from './autostart-place.js';

/** The entry below `config` (XDG_CONFIG_HOME). */
export function xdgAutostart(config: string): AutostartPlace {
  const path = join(config, 'autostart', 'cloudnap.desktop');
  return {
    kind: 'xdg-autostart',
    where: path,
    spell: desktopCommand,
    async find() {
      const text = (await textOf(path)) ?? '';
      const command = /^Exec=(.+)$/m.exec(text)?.[1];
      if (command === undefined) return undefined;
      // A desktop's own settings switch an entry off by one of these.
      const isOff = /^(Hidden=true|X-GNOME-Autostart-enabled=false)\s*$/m.test(text);
      return { command, isOn: !isOff, when: 'desktop' };
    },
    put: (words) => writeEntry(path, desktopEntry(words)),
    remove: () => removeEntry(path),
  };
}

/** The text of the entry. */
export function desktopEntry(words: Words): string {
  return `# Written by "cloudnap autostart enable", removed by "cloudnap autostart disable".
[Desktop Entry]
Type=Application
Name=Cloudnap
Comment=Lets AWS services nap while you are away
Exec=${desktopCommand(words)}
Terminal=false
NoDisplay=true
X-GNOME-Autostart-enabled=true
`;
}

/** A command as the Exec key wants it (Desktop Entry Specification, "The Exec key"). */
function desktopCommand([program, ...args]: Words): string {
  // A program's path may not hold "=", and GLib looks for one with "%%" under that very name. A shell's argument may.
  const words = /[=%]/.test(program)
    ? ['/bin/sh', '-c', 'exec "$0" "$@"', program, ...args]
    : [program, ...args];
  return words.map(desktopWord).join(' ');
}

/** Two layers: the quoting of the key, and around it the escapes of any string in the file. */
function desktopWord(word: string): string {
  const fieldless = word.replaceAll('%', '%%');
  if (/^[\w/.:=@,+%-]+$/.test(fieldless)) return fieldless;
  const quoted = `"${fieldless.replace(/["`$\\]/g, '\\$&')}"`;
  return quoted
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('\r', '\\r');
}
