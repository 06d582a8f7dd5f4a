/** The JSON reader agrees with JSON.parse on what is JSON, and names the place and the cure where it is not. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonFault, jsonValue, locatedJson, parseJson } from '../../../src/config/json-source.js';
import { faultMaker } from '../../../src/config/place.js';

const faultOf = (text: string) => {
  try {
    parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    const { line, column, key, message } = faultMaker('f.json', text).at(
      error.offset,
      error.path,
      error.message,
    );
    return { place: `${line}:${column}`, key, message };
  }
  throw new Error('no fault was found');
};

test.each([
  [
    'a comment in a line',
    '{\n  // on\n  "a": 1\n}',
    '2:3',
    undefined,
    /found a comment, expected strict JSON.*delete/,
  ],
  ['a block comment', '{"a": /* x */ 1}', '1:7', 'a', /found a comment/],
  ['a hash comment', '{"a": 1 # x\n}', '1:9', undefined, /found a comment/],
  [
    'a trailing comma',
    '{\n  "a": {\n    "b": 1,\n  }\n}',
    '3:11',
    'a',
    /found a trailing comma.*delete the comma/,
  ],
  ['a trailing comma in a list', '{"a": [1, 2,]}', '1:12', 'a', /trailing comma/],
  ['a missing comma', '{\n  "a": 1\n  "b": 2\n}', '3:3', undefined, /found "b", expected a comma or }/],
  ['a missing colon', '{"a" 1}', '1:6', 'a', /found 1, expected a colon/],
  ['a missing value', '{"a": }', '1:7', 'a', /found }, expected a value/],
  [
    'a missing bracket',
    '{"a": {"b": 1}',
    '1:15',
    undefined,
    /found the end of the file, expected a comma or }/,
  ],
  ['single quotes', "{'a': 1}", '1:2', undefined, /expected a key in "double quotes"/],
  ['a bare key', '{a: 1}', '1:2', undefined, /found a, expected a key in "double quotes"/],
  ['a bare word', '{"a": {"b": True}}', '1:13', 'a.b', /found True, expected a value/],
  ['not a number', '{"a": NaN}', '1:7', 'a', /found NaN/],
  ['a leading zero', '{"a": 030}', '1:7', 'a', /found 030/],
  ['a plus sign', '{"a": +3}', '1:7', 'a', /found \+3/],
  ['an open string', '{"a": "x\n}', '1:7', 'a', /expected a closing "/],
  ['a bad escape', '{"a": "C:\\dir"}', '1:7', 'a', /unknown escapes.*backslash/],
  [
    'a key twice',
    '{\n  "a": 1,\n  "b": {"c": 1,\n "c": 2}\n}',
    '4:2',
    'b.c',
    /key "c" again \(first on line 3\).*delete/,
  ],
  ['text after the end', '{"a": 1}\n}', '2:1', undefined, /found }, expected the end of the file/],
  ['nothing', ' ', '1:2', undefined, /found the end of the file, expected a value/],
  ['bottomless nesting', '['.repeat(50_000), '1:66', expect.anything(), /at most 64 levels/],
])('%s is a fault with its place and cure', (_what, text, place, key, message) => {
  expect(faultOf(text)).toEqual({ place, key, message: expect.stringMatching(message) });
});

test('what JSON.parse reads is read alike', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom('', '\uFEFF'), (text, mark) => {
      expect(jsonValue(parseJson(mark + text))).toEqual(JSON.parse(text));
    }),
  );
});

test('a mutated text is refused exactly when JSON.parse refuses it', () => {
  const marks = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    ' ',
    '\n',
    '1',
    '-',
    '.',
    'e',
    'true',
    '/',
    '\t',
  );
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.nat(3), marks, (text, at, cut, mark) => {
      const position = at % (text.length + 1);
      const mutated = text.slice(0, position) + mark + text.slice(position + cut);
      let strict: unknown;
      let parses = true;
      try {
        strict = JSON.parse(mutated);
      } catch {
        parses = false;
      }
      try {
        const value = jsonValue(parseJson(mutated));
        expect(parses).toBe(true);
        expect(value).toEqual(strict);
      } catch (error) {
        if (!(error instanceof JsonFault)) throw error;
        if (parses) expect(error.message).toMatch(/again/);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('places are those of the keys, and of the items in lists', () => {
  const text = '{\n  "a": {"b": [1, 22]}\n}';
  const located = locatedJson(text, parseJson(text));
  expect(text.slice(located.offsetOf(['a', 'b']))).toMatch(/^"b"/);
  expect(text.slice(located.offsetOf(['a', 'b', 1]))).toMatch(/^22/);
  expect(text.slice(located.offsetOf(['a', 'missing', 'deeper']))).toMatch(/^"a"/);
  expect(located.textOf(['a', 'b', 1])).toBe('22');
});
