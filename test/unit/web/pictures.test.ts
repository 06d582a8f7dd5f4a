/** The pictures in docs/images: one of every page of the dashboard, none that is not shown, none too large to load. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const at = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const read = (path: string) => readFileSync(at(path), 'utf8');
/** Bytes; a page of a picture book on a slow line. */
const LARGEST = 150_000;

const images = readdirSync(at('docs/images'));
const documents = [
  'README.md',
  ...readdirSync(at('docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** The names of the pictures a document shows, from wherever it lies. */
const shownBy = (document: string) =>
  [...read(document).matchAll(/!\[[^\]]*\]\([^)]*?images\/([^)]+)\)/g)].map(([, name]) => name ?? '');

test('every page has its picture', () => {
  const routes = [...read('web/src/app.tsx').matchAll(/<Route path="\/([^"]+)"/g)].map(([, name]) => name);
  expect(routes.length).toBeGreaterThan(5);
  const wanted = ['dashboard.png', ...routes.map((name) => `dashboard-${name}.png`)];
  expect(wanted.filter((name) => !images.includes(name))).toEqual([]);
});

test('the documents show the pictures there are, all of them', () => {
  const shown = documents.flatMap(shownBy);
  expect(shown.filter((name) => !images.includes(name))).toEqual([]);
  expect(images.filter((name) => !shown.includes(name))).toEqual([]);
});

test.each(images)('%s loads quickly', (name) => {
  expect(statSync(at(`docs/images/${name}`)).size).toBeLessThan(LARGEST);
});
