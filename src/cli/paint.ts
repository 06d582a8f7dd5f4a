/** Colours, given only to terminals that want them. */
import { styleText } from 'node:util';
import type { Output } from './output.js';

const COLOURS = ['bold', 'dim', 'red', 'yellow', 'green', 'cyan'] as const;

/** Each marks up a text, or leaves it as it is where there are no colours. */
export type Paint = Readonly<Record<(typeof COLOURS)[number], (text: string) => string>>;

/** Whether an output may be coloured: a terminal, `NO_COLOR` unset or empty (no-color.org), not `TERM=dumb`. */
export function wantsColour(output: Output, env: NodeJS.ProcessEnv): boolean {
  return output.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
}

/** The colours, or texts left as they are. */
export function paintFor(enabled: boolean): Paint {
  const one = (colour: (typeof COLOURS)[number]) => (text: string) =>
    enabled ? styleText(colour, text, { validateStream: false }) : text;
  return {
    bold: one('bold'),
    dim: one('dim'),
    red: one('red'),
    yellow: one('yellow'),
    green: one('green'),
    cyan: one('cyan'),
  };
}

/** A text from outside fit for one line of a terminal: control characters, escape sequences' too, become spaces. */
export function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

/**
 * A text from outside as a sentence of ours: clean, and with a capital letter. A name at its beginning, of a file or
 * a target, is left as it is: `settings.json`, `ec2:eu-west-1:i-0abc`.
 */
export function sentence(text: string): string {
  const clear = clean(text).trim();
  return /^\p{L}+(?=[\s,;]|$)/u.test(clear) ? clear.charAt(0).toUpperCase() + clear.slice(1) : clear;
}
