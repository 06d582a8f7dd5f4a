/** Places in a config file: key paths, lines and columns, and faults that name them. */
import type { FileFault } from '../core/registry.js';

/** The steps from the root of a file to a value. */
export type Path = readonly PropertyKey[];

/** A path as people write it: `ec2_instances[0].region`. Undefined for the root. */
export function keyText(path: Path): string | undefined {
  const text = path.reduce<string>(
    (before, step) =>
      typeof step === 'number'
        ? `${before}[${step}]`
        : before === ''
          ? String(step)
          : `${before}.${String(step)}`,
    '',
  );
  return text === '' ? undefined : text;
}

/** Makes faults of one text: turns offsets into lines and columns, both from 1. */
export interface FaultMaker {
  /** A fault at an offset into the text. */
  at(offset: number, path: Path, message: string): FileFault;
  /** A fault of the file as a whole. */
  whole(message: string): FileFault;
  lineOf(offset: number): number;
}

/** A {@link FaultMaker} for this text of this file. */
export function faultMaker(file: string, text: string): FaultMaker {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  const lineOf = (offset: number) => {
    let [low, high] = [0, lineStarts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
  return {
    lineOf,
    at(offset, path, message) {
      const line = lineOf(offset);
      const column = offset - (lineStarts[line - 1] ?? 0) + 1;
      return { file, line, column, key: keyText(path), message };
    },
    whole: (message) => ({ file, line: undefined, column: undefined, key: undefined, message }),
  };
}
