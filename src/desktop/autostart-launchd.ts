/** A macOS LaunchAgent, from launchd.plist(5). Not tried on a Mac yet: only its text is tested. */
import { posix } from 'node:path';
import type { AutostartPlace, Words } from './autostart-place.js';
import { removeEntry, textOf, writeEntry } from './autostart-place.js';

/** The agent in the Library of the home folder given. launchd reads it at the next login. */
export function launchAgent(userHome: string): AutostartPlace {
  const path = posix.join(userHome, 'Library', 'LaunchAgents', 'cloudnap.plist');
  return {
    kind: 'launch-agent',
    where: path,
    spell: plistStrings,
    async find() {
      const text = (await textOf(path)) ?? '';
      const command = /<key>ProgramArguments<\/key>\s*<array>\s*(.*?)\s*<\/array>/s.exec(text)?.[1];
      if (command === undefined) return undefined;
      const isOff = /<key>Disabled<\/key>\s*<true\/>/.test(text);
      return { command, isOn: !isOff, when: 'desktop' };
    },
    put: (words) => writeEntry(path, plistText(words)),
    remove: () => removeEntry(path),
  };
}

/**
 * The text of the agent. It is started again after a crash alone: launchd has no list of exit codes that must not, and
 * "already running" would be tried every ten seconds for ever.
 */
function plistText(words: Words): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>cloudnap</string>
  <key>ProgramArguments</key>
  <array>
    ${plistStrings(words)}
  </array>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>Crashed</key>
    <true/>
  </dict>
  <key>LimitLoadToSessionType</key>
  <string>Aqua</string>
</dict>
</plist>
`;
}

function plistStrings(words: Words): string {
  const inXml = (word: string) =>
    word.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return words.map((word) => `<string>${inXml(word)}</string>`).join('\n    ');
}
