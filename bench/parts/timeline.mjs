/**
 * How long the timeline takes with a month in the ledger: asked of the daemon over its socket, and drawn by Chromium
 * in the dashboard, from the click until it is painted. Without Chromium only the former.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { row } from '../lib/numbers.mjs';
import { Home } from '../lib/world.mjs';

const DAYS = 30;
const TARGETS = 20;
const TIMES = 30;
const DRAWN = 10;
const DAY_MS = 24 * 3_600_000;
const HISTORY = fileURLToPath(new URL('../lib/history-child.mjs', import.meta.url));
const TYPESCRIPT = new URL('../../scripts/ts.mjs', import.meta.url).href;

export const about = 'the timeline';

export async function measure({ sandbox }) {
  const home = await Home.make(sandbox, { services: '' });
  const written = JSON.parse(
    execFileSync(
      process.execPath,
      ['--import', TYPESCRIPT, HISTORY, join(home.path, 'cloudnap.db'), String(DAYS), String(TARGETS)],
      { encoding: 'utf8' },
    ),
  );
  const daemon = await home.start();
  try {
    const rows = [];
    for (const [what, days, goal] of [
      [`${DAYS} days`, DAYS, { under: 300 }],
      ['a week', 7],
    ]) {
      const times = [];
      while (times.length < TIMES) {
        const to = Date.now();
        const request = { from: iso(to - days * DAY_MS), to: iso(to) };
        const begin = performance.now();
        await home.ask('timeline', request);
        times.push(performance.now() - begin);
      }
      rows.push(row(`timeline of ${what}, over the socket`, times, 'ms', goal));
    }
    console.error(
      `  ${written.stretches} stretches of activity and presence, ${written.intervals} intervals`,
    );
    return [...rows, ...(await drawn(home))];
  } finally {
    await daemon.stop();
    home.remove();
  }
}

/** From the click until it is painted: today, and the week around it. */
async function drawn(home) {
  const executablePath = spawnSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).stdout.trim();
  if (executablePath === '') return [];
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 850 } });
    const { file } = await home.json('open', '--no-browser');
    await page.goto(`file://${file}`);
    await page.locator('h1').first().waitFor();
    const times = { day: [], week: [] };
    while (times.day.length < DRAWN) {
      times.day.push(await page.evaluate(draw, { link: '#/timeline', marks: 8 }));
      times.week.push(await page.evaluate(draw, { label: 'Week', marks: 7 }));
      await page.evaluate("location.hash = '/about'");
      await page.locator('.tl').first().waitFor({ state: 'detached' });
      // Read anew, not remembered.
      await page.reload();
      await page.locator('h1').first().waitFor();
    }
    return [
      row('timeline of a day, until it is painted', times.day, 'ms'),
      row('timeline of a week, until it is painted', times.week, 'ms', { under: 300 }),
    ];
  } finally {
    await browser.close();
  }
}

/** Runs in the page: follows a link or clicks a label, and waits until an axis of so many marks, and bars, are painted. */
async function draw({ link, label, marks }) {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const isDrawn = () =>
    document.querySelector('.tl-axis')?.children.length === marks && document.querySelector('.tl-bar');
  const begin = performance.now();
  if (link) location.hash = link;
  else [...document.querySelectorAll('label')].find(({ textContent }) => textContent === label).click();
  while (!isDrawn()) await frame();
  // The frame after the one in which it was put there has painted it.
  await frame();
  await frame();
  return performance.now() - begin;
}

function iso(at) {
  return new Date(at).toISOString();
}
