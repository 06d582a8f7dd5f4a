/** The dashboard as a person meets it: the built program, the sandbox behind it, and a real browser in front. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_KEY } from '../../src/sandbox/credentials.js';
import type { Sandbox } from '../../src/sandbox/index.js';
import { desktopSkipped } from '../desktop/xserver.js';
import { barriers, browserSkipped, freeTcpPort, newTab, openDashboard, startBrowser } from './browser.js';
import { allNap, INSTANCE, REGION, standing } from './fleet.js';
import { until } from './program.js';
import { type Scene, scene } from './scene.js';

const PAGES = ['/', '/first-run', '/services', '/savings', '/sign-in', '/settings', '/log', '/about'];

let browser: Browser;

/** How often a text stands on the page by itself. */
function exactly(page: Page, text: string): Promise<number> {
  return page.getByText(text, { exact: true }).count();
}

/** Opens the menu of a service and chooses from it. */
async function choose(page: Page, name: string, item: string): Promise<void> {
  await page.getByRole('button', { name: `What can be done with ${name}` }).click();
  await page.getByRole('menuitem', { name: item }).click();
}

function power(sandbox: Sandbox): string | undefined {
  return sandbox.resources().flatMap(({ instances }) => instances)[0]?.state;
}

function desired(sandbox: Sandbox): number | undefined {
  return sandbox.resources().flatMap(({ services }) => services)[0]?.desired;
}

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

  it('shows presence and what keeps it; nap now naps, Undo brings everything back, service by service', () =>
    desk(async (on) => {
      const { program, sandbox, x } = on;
      await program.start();
      await x.xdotool('key', 'shift');
      const { page, complaints } = await newTab(browser);
      await openDashboard(program, page);
      await page.getByRole('heading', { name: 'You are here' }).waitFor();
      await page
        .getByText(/Your presence keeps it all running until .* Last sign of you: Keyboard/)
        .waitFor();
      await page.getByRole('timer').waitFor();
      await page.getByText('kept by you until').first().waitFor();
      await page.getByRole('button', { name: 'Nap now' }).click();
      await page.getByText('3 services go to sleep.').waitFor();
      await until('everything naps', () => allNap(sandbox));
      await page.getByRole('heading', { name: 'You are away' }).waitFor();
      await until('the page says so', async () => (await exactly(page, 'asleep')) === 3);
      // The toast waits while the focus is on it.
      await page.getByRole('button', { name: 'Undo' }).focus();
      await page.keyboard.press('Enter');
      await page.getByText('Taken back.').waitFor();
      await page.getByText(/^[0-3] of 3 back$/).waitFor();
      await until('everything is back exactly', () => isDeepStrictEqual(standing(sandbox), on.before));
      await page.getByText('Everything is back as it was.').waitFor();
      await until('the page says so', async () => (await exactly(page, 'running')) === 3);
      expect(complaints).toEqual([]);
    }));

  it('keeps everything or one service awake, and ends that alone', () =>
    desk(async ({ program }) => {
      await program.start();
      const { page, complaints } = await newTab(browser);
      await openDashboard(program, page);
      await page.getByRole('button', { name: '2 h', exact: true }).click();
      await page.getByText(/^Everything: awake until .* on this page$/).waitFor();
      await choose(page, 'api', 'Until tomorrow 9:00');
      await page.getByText(/^api: awake until .* on this page$/).waitFor();
      const until9 = async () =>
        (await program.json<{ services: { name?: string; lease_until: string }[] }>('status')).services.find(
          ({ name }) => name === 'api',
        )?.lease_until ?? '';
      expect(new Date(await until9()).getHours()).toBe(9);
      // Undo takes back the last word alone.
      await page.getByRole('button', { name: 'Undo' }).click();
      await page.getByText(/^api: awake until/).waitFor({ state: 'detached' });
      expect(Date.parse(await until9()) - Date.now()).toBeGreaterThan(110 * 60_000);
      await page.getByRole('button', { name: 'End it: Everything' }).click();
      await page.getByText(/^Everything: awake until/).waitFor({ state: 'detached' });
      expect(complaints).toEqual([]);
    }));

  it('naps one service alone, from its menu, by keyboard', () =>
    desk(async ({ program, sandbox }) => {
      await program.start();
      const { page } = await newTab(browser);
      await openDashboard(program, page);
      await page.getByRole('button', { name: 'What can be done with api' }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('menuitem', { name: 'Nap now' }).waitFor();
      expect(await barriers(page)).toEqual([]);
      await page.getByRole('menuitem', { name: 'Nap now' }).focus();
      await page.keyboard.press('Enter');
      await page.getByText('api goes to sleep.').waitFor();
      await until('it has stopped', () => power(sandbox) === 'stopped');
      await page.getByText('comes back with you').waitFor();
      expect(await exactly(page, 'running')).toBe(2);
      const focused = await page.evaluate('document.activeElement?.getAttribute("aria-label")');
      expect(focused).toBe('What can be done with api');
    }));

  it('announces a nap, and a click keeps things running', () =>
    desk(
      async ({ program, sandbox }) => {
        await program.start();
        const { page } = await newTab(browser);
        await openDashboard(program, page);
        await page.getByRole('alert').getByText('3 services nap in').waitFor({ timeout: 30_000 });
        expect(await barriers(page)).toEqual([]);
        await page.getByRole('button', { name: 'Keep running for 30 min' }).click();
        await page.getByRole('alert').waitFor({ state: 'detached' });
        await page.getByRole('heading', { name: 'You are away' }).waitFor({ timeout: 30_000 });
        expect(sandbox.journal.entries()).toEqual([]);
        const { services } = await program.json<{ services: { lease_until: string }[] }>('status');
        expect(Date.parse(services[0]?.lease_until ?? '')).toBeGreaterThan(Date.now() + 20 * 60_000);
      },
      { inactivity_timeout_minutes: 0.3, warn_before_seconds: 9 },
    ));

  it('tells what failed while it is brought back, with the cure, and goes on', () =>
    desk(async (on) => {
      const { program, sandbox } = on;
      await program.start();
      const { page } = await newTab(browser);
      await openDashboard(program, page);
      await page.getByRole('button', { name: 'Nap now' }).click();
      await until('everything naps', () => allNap(sandbox));
      await until('the page says so', async () => (await exactly(page, 'asleep')) === 3);
      sandbox.trouble.add({ effect: { kind: 'no-capacity' }, operation: 'StartInstances', times: 'always' });
      await page.getByRole('button', { name: '30 min', exact: true }).click();
      const welcome = page.getByRole('region', { name: /brought back|Welcome back/ });
      await welcome.getByText('not yet: tried again').waitFor();
      await welcome.getByText(/^api could not be restored/).waitFor();
      await welcome.getByText('2 of 3 back').waitFor();
      expect(await barriers(page)).toEqual([]);
    }));

  it('registers and leaves out what is found, after a question', () =>
    desk(async ({ program }) => {
      await program.start();
      const { page } = await newTab(browser);
      await openDashboard(program, page);
      await page.getByRole('link', { name: 'Services', exact: true }).click();
      await page.getByRole('switch', { name: 'May nap: api' }).focus();
      await page.keyboard.press('Space');
      const question = page.getByRole('dialog', { name: 'Leave api alone?' });
      await question.waitFor();
      expect(await barriers(page)).toEqual([]);
      await question.getByRole('button', { name: 'Leave it alone' }).click();
      await page.getByText('api is left alone from now on.').waitFor();
      await question.waitFor({ state: 'detached' });
      expect(program.read('services.yaml')).not.toContain(INSTANCE);
      await page.getByRole('switch', { name: 'May nap: dev-api' }).focus();
      await page.keyboard.press('Space');
      await page.getByText('dev-api may nap from now on.').waitFor();
      expect(program.read('services.yaml')).toContain(INSTANCE);
    }));

  it('finds, scales and stops services, each after a question, and tells why they are as they are', () =>
    desk(async ({ program, sandbox }) => {
      await program.start();
      const { page, complaints } = await newTab(browser);
      await openDashboard(program, page);
      await page.getByRole('link', { name: 'Services', exact: true }).click();
      await page.getByText('3 services, 3 may nap').waitFor();
      await page.getByRole('combobox', { name: 'State' }).selectOption('down');
      await page.getByText('Nothing fits what you look for.').waitFor();
      await page.getByRole('button', { name: 'Show all' }).click();
      await page.getByText('ECS', { exact: true }).click();
      await page.getByText('1 service, 1 may nap').waitFor();

      await choose(page, 'dev/search', 'Scale');
      const question = page.getByRole('dialog', { name: /^Scale/ });
      await question.getByRole('textbox', { name: 'Size' }).fill('5');
      expect(await barriers(page)).toEqual([]);
      await question.getByRole('button', { name: 'Scale' }).click();
      await until('it has another size', () => desired(sandbox) === 5);
      await page.getByText('5 of 5 running').waitFor();

      await choose(page, 'dev/search', 'Stop');
      await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(desired(sandbox)).toBe(5);
      await choose(page, 'dev/search', 'Stop');
      await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click();
      await until('it has stopped', () => desired(sandbox) === 0);

      await choose(page, 'dev/search', 'Why?');
      await page.getByRole('heading', { name: 'What was done last' }).waitFor();
      await page.getByRole('heading', { name: 'What comes next' }).waitFor();
      await page.getByText(/put back so: 5 tasks, scaled between 2 and 6/).waitFor();
      expect(await barriers(page)).toEqual([]);
      expect(complaints).toEqual([]);
    }));

  it('names the region and kind that could not be read, with what else was found', () =>
    desk(async ({ program, sandbox }) => {
      await program.start();
      const { page } = await newTab(browser);
      await openDashboard(program, page);
      await page.getByRole('heading', { name: 'You are here' }).waitFor();
      sandbox.trouble.add({ effect: { kind: 'deny' }, service: 'ecs', times: 'always' });
      await page.getByRole('link', { name: 'Services', exact: true }).click();
      await page.getByText(`${REGION} could not be read (ECS)`).waitFor();
      await page.getByRole('heading', { name: 'EC2 instances' }).waitFor();
      expect(await barriers(page)).toEqual([]);
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
      // What was seen stays, greyed, and cannot be acted upon.
      await page.getByRole('heading', { name: 'You are here' }).waitFor();
      expect(await page.getByRole('button', { name: 'Nap now' }).isDisabled()).toBe(true);
      expect(await barriers(page)).toEqual([]);
      await page.getByRole('button', { name: 'Try again' }).click();
      await program.start();
      // A new daemon knows no bearer of the old one's.
      await page.getByRole('heading', { name: 'Open this page from Cloudnap' }).waitFor({ timeout: 20_000 });
    }));

  it('changes its language at once, and keeps to it', () =>
    desk(async ({ program }) => {
      await program.start();
      const { page, complaints } = await newTab(browser);
      await openDashboard(program, page);
      await page.getByRole('combobox', { name: 'Language' }).selectOption('한국어');
      await page.getByRole('link', { name: '설정', exact: true }).waitFor();
      await page.reload();
      await page.getByRole('link', { name: '설정', exact: true }).waitFor();
      expect(await page.evaluate('document.documentElement.lang')).toBe('ko');
      await page.getByRole('combobox', { name: '언어' }).selectOption('English');
      await page.getByRole('link', { name: 'Settings', exact: true }).waitFor();
      expect(complaints).toEqual([]);
    }));

  it('answers in the region of its fleet', () =>
    desk(async ({ program }) => {
      await program.start();
      const { page } = await newTab(browser);
      await openDashboard(program, page);
      await page.getByRole('link', { name: 'Services', exact: true }).click();
      await page.getByRole('heading', { name: REGION }).waitFor();
    }));
});
