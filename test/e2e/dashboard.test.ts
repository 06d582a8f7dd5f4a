/** The dashboard as a person meets it: the built program, the sandbox behind it, and a real browser in front. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_KEY } from '../../src/sandbox/credentials.js';
import { desktopSkipped } from '../desktop/xserver.js';
import { barriers, browserSkipped, freeTcpPort, newTab, openDashboard, startBrowser } from './browser.js';
import { allNap, REGION } from './fleet.js';
import { until } from './program.js';
import { bringBack, type Scene, scene } from './scene.js';

const PAGES = ['/', '/services', '/savings', '/sign-in', '/settings', '/log', '/about'];

let browser: Browser;

/** Nobody's hand is needed: nothing naps by itself within a test but where it says so. */
async function desk(
  play: (on: Scene) => Promise<void>,
  monitor: object = {},
  env: NodeJS.ProcessEnv = {},
): Promise<void> {
  const dashboard = { enabled: true, port: await freeTcpPort() };
  await scene(play, {
    env,
    settings: {
      activity_monitor: { inactivity_timeout_minutes: 10, warn_before_seconds: 1, ...monitor },
      dashboard,
    },
  });
}

describe.skipIf(browserSkipped || desktopSkipped)('the dashboard', () => {
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  it('shows presence and services; nap now naps, keep awake brings them back', () =>
    desk(async (on) => {
      const { program, sandbox } = on;
      await program.start();
      const { page, complaints } = await newTab(browser);
      await openDashboard(program, page);
      await page.getByRole('heading', { name: 'You are here' }).waitFor();
      await page.getByText('api', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Nap now' }).click();
      await until('everything naps', () => allNap(sandbox));
      await page.getByRole('heading', { name: 'You are away' }).waitFor();
      await until(
        'the page says so',
        async () => (await page.getByText('asleep', { exact: true }).count()) === 3,
      );
      await page.getByRole('button', { name: '2 h', exact: true }).click();
      await bringBack(on);
      await until(
        'the page says so',
        async () => (await page.getByText('running', { exact: true }).count()) === 3,
      );
      expect(complaints).toEqual([]);
    }));

  it('announces a nap, and a click keeps things running', () =>
    desk(
      async ({ program, sandbox }) => {
        await program.start();
        const { page } = await newTab(browser);
        await openDashboard(program, page);
        await page.getByRole('button', { name: 'Keep running for 30 min' }).click();
        await page.getByRole('heading', { name: 'You are away' }).waitFor({ timeout: 30_000 });
        expect(sandbox.journal.entries()).toEqual([]);
        const { services } = await program.json<{ services: { lease_until: string }[] }>('status');
        expect(Date.parse(services[0]?.lease_until ?? '')).toBeGreaterThan(Date.now() + 20 * 60_000);
      },
      { inactivity_timeout_minutes: 0.2 },
    ));

  it('registers and leaves out what is found, and starts and stops it after a question', () =>
    desk(async ({ program, sandbox }) => {
      await program.start();
      const { page } = await newTab(browser);
      await openDashboard(program, page);
      await page.getByRole('link', { name: 'Services' }).click();
      await page.getByRole('button', { name: 'Leave it out: api' }).click();
      await page.getByRole('button', { name: 'Let it nap: dev-api' }).waitFor();
      expect(program.read('services.yaml')).not.toContain('i-0a1c5e7d9b3f20461');
      await page.getByRole('button', { name: 'Let it nap: dev-api' }).click();
      await page.getByRole('button', { name: 'Leave it out: dev-api' }).waitFor();
      expect(program.read('services.yaml')).toContain('i-0a1c5e7d9b3f20461');

      await page.getByRole('searchbox').fill('dev-api');
      await page.getByRole('button', { name: 'Stop dev-api' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click();
      await until('it has stopped', () =>
        sandbox.resources().some(({ instances }) => instances.some(({ state }) => state === 'stopped')),
      );
      await page.getByRole('button', { name: 'Why?' }).click();
      await page.getByRole('heading', { name: 'Kept awake by' }).waitFor();
    }));

  it('changes settings in the file, and says what is wrong with a value', () =>
    desk(async ({ program }) => {
      await program.start();
      const { page } = await newTab(browser);
      await openDashboard(program, page);
      await page.getByRole('link', { name: 'Settings' }).click();
      const timeout = page.getByRole('textbox', { name: 'inactivity_timeout_minutes' });
      await timeout.fill('-3');
      await timeout.press('Enter');
      await page.getByText(/above 0/).waitFor();
      expect(JSON.parse(program.read('settings.json')).activity_monitor.inactivity_timeout_minutes).toBe(10);
      await timeout.fill('45');
      await timeout.press('Enter');
      await until(
        'it is in the file',
        () => JSON.parse(program.read('settings.json')).activity_monitor.inactivity_timeout_minutes === 45,
      );
      expect(await page.getByRole('textbox', { name: 'endpoint_url' }).isDisabled()).toBe(true);
      // A group's title does not stop an edit by hand from showing.
      program.write('settings.json', program.read('settings.json').replace('45', '55'));
      await until('the edit shows', async () => (await timeout.inputValue()) === '55');
    }));

  it('signs in with keys that AWS knows, keeps none that it does not, and writes them nowhere in plain text', () =>
    desk(
      async ({ program }) => {
        await program.start();
        const { page, complaints } = await newTab(browser);
        await openDashboard(program, page);
        await page.getByRole('link', { name: 'AWS account' }).click();
        await page.getByRole('heading', { name: 'Sign in to AWS' }).waitFor();
        const enter = async (id: string, secret: string) => {
          await page.getByLabel('Access key id').fill(id);
          await page.getByLabel(/^Secret access key/).fill(secret);
          await page.getByRole('button', { name: 'Sign in' }).click();
        };
        await enter('AKIAWRONGWRONGWRONG0', 'a-wrong-secret-of-somebody');
        await page.getByRole('alert').waitFor();
        await page.getByRole('heading', { name: 'Sign in to AWS' }).waitFor();

        await page.getByLabel('In a file that a passphrase opens').check();
        await page.getByLabel(/^Passphrase/).fill('open sesame');
        await enter(DEMO_KEY.accessKeyId, DEMO_KEY.secretAccessKey);
        await page.getByText('kept in a file that your passphrase opens').waitFor();
        await page.getByText('111122223333', { exact: true }).waitFor();
        expect(await barriers(page)).toEqual([]);
        for (const file of readdirSync(program.home))
          if (statSync(program.path(file)).isFile())
            expect([file, readFileSync(program.path(file)).includes(DEMO_KEY.secretAccessKey)]).toEqual([
              file,
              false,
            ]);

        await program.stop();
        await program.start();
        await openDashboard(program, page);
        await page.getByRole('link', { name: 'AWS account' }).click();
        await page
          .getByLabel(/^Passphrase/)
          .first()
          .fill('open sesame');
        await page.getByRole('button', { name: 'Unlock' }).click();
        await page.getByText('111122223333', { exact: true }).waitFor();
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.getByRole('heading', { name: 'Sign in to AWS' }).waitFor();
        expect(complaints.filter((text) => !text.startsWith('Failed to load resource'))).toEqual([]);
      },
      {},
      { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
    ));

  it.each([
    ['en-US', 'light', 1280],
    ['ko-KR', 'dark', 390],
  ] as const)('can be used by everybody: %s, %s, %i wide', (locale, colorScheme, width) =>
    desk(async ({ program }) => {
      await program.start();
      const { page, complaints } = await newTab(browser, {
        locale,
        colorScheme,
        viewport: { width, height: 850 },
      });
      await openDashboard(program, page);
      expect(await page.locator('html').getAttribute('lang')).toBe(locale.slice(0, 2));
      for (const path of PAGES) {
        await page.evaluate(`location.hash = ${JSON.stringify(path)}`);
        await page.locator('h1').waitFor();
        await until(
          `${path} is read`,
          async () => (await page.locator('[aria-label="Loading"],[aria-label="불러오는 중"]').count()) === 0,
        );
        expect([path, await barriers(page)]).toEqual([path, []]);
        const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
        expect([path, overflow <= 0]).toEqual([path, true]);
      }
      expect(complaints).toEqual([]);
    }),
  );

  it('lets nobody in without a pass, nor twice with the same', () =>
    desk(async ({ program }) => {
      await program.start();
      const { page } = await newTab(browser);
      const used = await openDashboard(program, page);
      await page.getByRole('heading', { name: 'You are here' }).waitFor();
      const { origin } = new URL(page.url());
      // A reload keeps the tab in; another tab is not.
      await page.reload();
      await page.getByRole('heading', { name: 'You are here' }).waitFor();
      const other = await newTab(browser);
      await other.page.goto(origin);
      await other.page.getByRole('heading', { name: 'Open this page from Cloudnap' }).waitFor();
      await other.page.goto(used);
      await other.page.getByText(/used already/).waitFor();
      expect(await barriers(other.page)).toEqual([]);
      expect(page.url()).toBe(`${origin}/`);
      expect(program.read('aws_monitor.log')).not.toMatch(/token|bearer/i);
    }));

  it('says when the daemon has gone, and goes on when it is back', () =>
    desk(async ({ program }) => {
      await program.start();
      const { page } = await newTab(browser);
      await openDashboard(program, page);
      await page.getByRole('heading', { name: 'You are here' }).waitFor();
      await program.stop();
      await page.getByText('Cloudnap does not answer').waitFor();
      await program.start();
      // A new daemon knows no bearer of the old one's.
      await page.getByRole('heading', { name: 'Open this page from Cloudnap' }).waitFor({ timeout: 20_000 });
    }));

  it('answers in the region of its fleet', () =>
    desk(async ({ program }) => {
      await program.start();
      const { page } = await newTab(browser);
      await openDashboard(program, page);
      await page.getByRole('link', { name: 'Services' }).click();
      await page.getByRole('heading', { name: REGION }).waitFor();
    }));
});
