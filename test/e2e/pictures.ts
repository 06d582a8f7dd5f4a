/**
 * Takes the pictures of the dashboard in docs/images, by hand: `npm run pictures`. The built program on the demo's
 * fleet, with weeks of made-up history behind it, in Debian's Chromium. Look at each before it is committed.
 */
import { mkdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page, PageScreenshotOptions } from 'playwright-core';
import { demoServices } from '../../src/boot/demo-home.js';
import { openLedger } from '../../src/ledger/sqlite-ledger.js';
import { demoFleet } from '../../src/sandbox/index.js';
import { historyOf } from '../fakes/history.js';
import { freeTcpPort, newTab, openDashboard, startBrowser } from './browser.js';
import { type Program, until } from './program.js';
import { type Scene, scene, typeUntil } from './scene.js';

const FOLDER = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const HOUR = 3_600_000;
const HISTORY_DAYS = 28;
/** Some of the demo's fleet, of every kind, and what their history says they run on. */
const MACHINES = {
  'ec2:ap-northeast-2:i-0a1c5e7d9b3f20461': 't3.large',
  'ec2:ap-northeast-2:i-0b2d6f8e0c4a31572': 'r6g.large',
  'ecs:ap-northeast-2:dev:orders': undefined,
  'ecs:ap-northeast-2:dev:search': undefined,
  'eks:us-west-2:test-kubernetes:spot-workers': 'm5.large',
} as const;
/** The pages that are shown as they come, by the route and the picture's name. */
const PAGES = ['services', 'savings', 'sign-in', 'settings', 'log'] as const;

const browser = await startBrowser();
mkdirSync(FOLDER, { recursive: true });
try {
  await scene((on) => firstRun(on.program), await options({ services: '' }));
  await scene(everyPage, await options({ services: demoServices() }));
} finally {
  await browser.close();
}

async function options(over: { services: string }): Promise<Parameters<typeof scene>[1]> {
  return {
    fleet: 'demo',
    windowManager: true,
    settings: {
      activity_monitor: { inactivity_timeout_minutes: 30, warn_before_seconds: 60 },
      aws: { regions: Object.keys(demoFleet.regions) },
      dashboard: { enabled: true, port: await freeTcpPort() },
    },
    ...over,
  };
}

async function firstRun(program: Program): Promise<void> {
  await program.start();
  const page = await open(browser, program);
  await show(page, '/first-run');
  await page.getByRole('checkbox').first().waitFor();
  await take(page, 'first-run');
}

async function everyPage(on: Scene): Promise<void> {
  const { program } = on;
  remember(program);
  await program.start();
  await typeUntil(
    on,
    'every service is read',
    async () => !(await program.run('list')).stdout.includes('unknown'),
  );
  await program.run('hold', '2h', 'orders');
  await program.run('dead-man', 'enable');
  await typeUntil(
    on,
    'its switches are armed',
    async () => (await program.run('dead-man', 'test')).exit === 0,
  );

  const page = await open(browser, program);
  await page.getByText('dev-database').first().waitFor();
  await take(page, undefined);
  await page.getByRole('button', { name: 'What can be done with dev-database' }).click();
  await page.getByRole('menuitem', { name: 'Why?' }).click();
  await page.getByText('What comes next').waitFor();
  await take(page, 'why');
  await page.keyboard.press('Escape');
  for (const name of PAGES) {
    await show(page, `/${name}`);
    await take(page, name);
  }
  await show(page, '/about');
  // Lock and sleep lie below: there is no desktop session here that could tell of them.
  await take(page, 'about', { x: 0, y: 0, width: 1280, height: 670 });
  await show(page, '/settings');
  await page.getByText('armed: ').first().waitFor();
  await page.locator('section[aria-labelledby="dead-man"]').scrollIntoViewIfNeeded();
  await take(page, 'dead-man');
  await show(page, '/timeline');
  await lastWorkday(page);
  await take(page, 'timeline');

  const narrow = { viewport: { width: 390, height: 844 }, locale: 'ko-KR', colorScheme: 'dark' } as const;
  await take(await open(browser, program, narrow), 'korean');
}

/** The history of somebody who has used it for weeks. */
function remember(program: Program): void {
  const ledger = openLedger({ path: program.path('cloudnap.db') });
  const machines = new Map<string, string | undefined>(Object.entries(MACHINES));
  const targets = Object.keys(MACHINES) as (keyof typeof MACHINES)[];
  const { stretches, marks } = historyOf({ until: Date.now() - HOUR, days: HISTORY_DAYS, targets });
  ledger.markActivity(stretches);
  ledger.markIntervals(
    marks.map((mark) => ({
      ...mark,
      size: mark.targetId.startsWith('ec2:') ? 1 : mark.size,
      instanceType: machines.get(mark.targetId),
    })),
  );
  ledger.dispose();
}

async function open(browser: Browser, program: Program, options: BrowserContextOptions = {}): Promise<Page> {
  const { page } = await newTab(browser, { reducedMotion: 'reduce', ...options });
  await openDashboard(program, page);
  return page;
}

async function show(page: Page, path: string): Promise<void> {
  await page.evaluate(`location.hash = '${path}'`);
  await page.locator('h1').first().waitFor();
}

async function lastWorkday(page: Page): Promise<void> {
  const keys = page.getByRole('row', { name: 'Keyboard' }).getByRole('gridcell');
  for (let back = 0; back < 4 && (await keys.count()) < 5; back += 1) {
    await page.getByRole('button', { name: 'The day before' }).click();
    await read(page);
  }
}

/** Waits until nothing of the page is still on its way. */
async function read(page: Page): Promise<void> {
  await until('the page is read', async () => (await page.locator('[aria-label="Loading"]').count()) === 0);
}

/** The overview's picture has no page's name. */
async function take(
  page: Page,
  name: string | undefined,
  clip: PageScreenshotOptions['clip'] = undefined,
): Promise<void> {
  await read(page);
  // Fonts and bars settle.
  await page.waitForTimeout(600);
  const path = `${FOLDER}dashboard${name === undefined ? '' : `-${name}`}.png`;
  await page.screenshot({ path, ...(clip ? { clip } : {}) });
  console.log(`${path}: ${Math.ceil(statSync(path).size / 1_000)} kB`);
}
