/** Sizes as they are given on the command line: tasks or nodes. Pure. */
import { InvalidArgumentError } from 'commander';
import { usage } from './failure.js';

/** The size to scale to. @throws CommandError BAD_REQUEST when the word is not a whole number. */
export function anySize(word: string | undefined): number {
  if (word === undefined || !/^\d+$/.test(word))
    throw usage(`"${word ?? ''}" is not a size`, 'The last word is the size: a whole number, 0 or more.');
  return Number(word);
}

/** The value of an option that takes a size above zero. @throws InvalidArgumentError, which names the option. */
export function atLeastOne(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It takes a whole number, 1 or more.');
  return Number(text);
}
