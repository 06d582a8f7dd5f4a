/** The commands that are written: whatever is in a path, their readers get the same words again, and they start it. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Words } from '../../../src/desktop/autostart-place.js';
import { unitText } from '../../../src/desktop/autostart-systemd.js';
import { windowsCommand } from '../../../src/desktop/autostart-windows.js';
import { desktopEntry } from '../../../src/desktop/autostart-xdg.js';
import { parseDesktopExec, parseExecStart, parseWindowsCommand } from '../../fakes/command-lines.js';

const KINDS = [
  ['systemd', (words: Words) => parseExecStart(lineOf(unitText(words, 'desktop'), 'ExecStart'))],
  ['XDG autostart', (words: Words) => parseDesktopExec(lineOf(desktopEntry(words), 'Exec'))],
] as const;

/** The one line of the key: a second one, or one that goes on, would be somebody else's words in the file. */
function lineOf(text: string, key: string): string {
  const lines = text.split('\n').filter((line) => line.startsWith(`${key}=`));
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toMatch(/\\\s*$/);
  return lines[0]?.slice(key.length + 1) ?? '';
}

/** Rich in what any of the readers takes for more than itself. */
const piece = fc.constantFrom(...' \t\n\r"\'\\$%`~;&|<>*?#()={}@-:+!é한', 'a', 'b', '%h', '$HOME', '\\x41');
const word = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
const path = word.map((text) => `/${text}x`);

describe.each(KINDS)('%s', (_, roundTrip) => {
  it('gives back every word', () => {
    fc.assert(
      fc.property(path, fc.array(word, { maxLength: 4 }), (program, args) => {
        const words = roundTrip([program, ...args]);
        // A shell stands before a program that the reader would not take by its name.
        const own = words[0] === '/bin/sh' ? words.slice(3) : words;
        expect(own).toEqual([program, ...args]);
      }),
    );
  });

  describe('a program in an unusual folder', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'cloudnap-quoting-'));
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    it.each(['with spaces', `it's a "quoted" one`, '100% $HOME `date` \\ a=b', 'two\nlines'])(
      'is started: %j',
      (name) => {
        const program = join(folder, name, 'stub');
        mkdirSync(join(folder, name));
        writeFileSync(program, '#!/bin/sh\nprintf "%s\\0" "$0" "$@"\n');
        chmodSync(program, 0o755);
        const words = [program, 'run', '--home', join(folder, name)] as const;
        const [started = '', ...args] = roundTrip(words);
        expect(execFileSync(started, args, { encoding: 'utf8' }).split('\0').slice(0, -1)).toEqual(words);
      },
    );
  });
});

describe('Windows', () => {
  it('gives back every word', () => {
    const file = word.map((text) => `C:\\${text.replaceAll('"', '')}x`);
    fc.assert(
      fc.property(file, fc.array(word, { maxLength: 4 }), (program, args) => {
        expect(parseWindowsCommand(windowsCommand([program, ...args]))).toEqual([program, ...args]);
      }),
    );
  });
});
