/** What a browser has to fetch before the first page stands: the promise is under 250 kB, compressed. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

const LIMIT = 250_000;

const at = (path: string) => fileURLToPath(new URL(`../../../dist/${path}`, import.meta.url));

test('the first load of the dashboard is under 250 kB', () => {
  const [, build] = /from "\.\/([0-9a-f]{12})\//.exec(readFileSync(at('main.js'), 'utf8')) ?? [];
  const page = readFileSync(at(`${build}/web/index.html`), 'utf8');
  const linked = [...page.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, name]) => name ?? '');
  expect(linked.length).toBeGreaterThan(3);
  // Only the language that is read is fetched with it: the larger one counts.
  const languages = readdirSync(at(`${build}/web/assets`)).filter((name) => /^(en|ko)-.*\.js$/.test(name));
  expect(languages).toHaveLength(2);
  const size = (name: string) => gzipSync(readFileSync(at(`${build}/web/${name}`))).length;
  const words = Math.max(...languages.map((name) => size(`assets/${name}`)));
  const total = ['index.html', ...linked].reduce((sum, name) => sum + size(name), words);
  expect(total).toBeGreaterThan(LIMIT / 5);
  expect(total).toBeLessThan(LIMIT);
});
