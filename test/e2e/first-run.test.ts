/**
 * The first run as a person meets it: the program in a terminal, nobody signed in, a browser that opens by itself, and
 * everything up to the plan.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_KEY } from '../../src/sandbox/credentials.js';
import { desktopSkipped, startXServer, type XServer } from '../desktop/xserver.js';
import { barriers, browserSkipped, freeTcpPort, newTab, startBrowser } from './browser.js';
import { INSTANCE, REGION, startFleet } from './fleet.js';
import { NOWHERE, until } from './program.js';

const PROGRAM = fileURLToPath(new URL('../../bin/cloudnap', import.meta.url));

/** A home in which nothing was ever started, and a terminal to start something in. */
interface Terminal {
  readonly home: string;
  /** What the browser that was looked for was asked to open; undefined: nothing yet. */
  opened(): string | undefined;
  /** What stands in the terminal. */
  text(): string;
}

/** Starts `cloudnap run` in a terminal of its own, as after a clone, and ends it when `play` has. */
async function firstStart(
  play: (terminal: Terminal) => Promise<void>,
  options: {
    readonly words?: readonly string[];
    /** Whether there is a screen for a browser. */
    readonly hasScreen?: boolean;
    readonly keys?: Pick<typeof DEMO_KEY, 'accessKeyId' | 'secretAccessKey'>;
  } = {},
): Promise<void> {
  const { words = [], hasScreen = true, keys = { accessKeyId: '', secretAccessKey: '' } } = options;
  const sandbox = await startFleet();
  const x: XServer | undefined = hasScreen ? await startXServer() : undefined;
  const folder = mkdtempSync(join(tmpdir(), 'cloudnap-first-'));
  const home = join(folder, 'home');
  const opened = join(folder, 'opened');
  // The browser that the desktop would choose.
  const browser = join(folder, 'xdg-open');
  writeFileSync(browser, `#!/bin/sh\nprintf '%s\\n' "$1" >> '${opened}'\n`);
  chmodSync(browser, 0o755);
  writeFileSync(
    join(folder, 'settings.json'),
    JSON.stringify({
      aws: { regions: [REGION] },
      udp_server: { enabled: false },
      dashboard: { port: await freeTcpPort() },
    }),
  );
  const { PATH } = process.env;
  const command = [process.execPath, PROGRAM, 'run', ...words].map((word) => `'${word}'`).join(' ');
  const prepared = `mkdir -m 700 '${home}' && cp '${folder}/settings.json' '${home}' && exec ${command}`;
  const script = spawn('script', ['-qefc', prepared, '/dev/null'], {
    env: {
      PATH: `${folder}:${PATH}`,
      HOME: folder,
      TERM: 'dumb',
      CLOUDNAP_HOME: home,
      ...NOWHERE,
      DISPLAY: x?.display ?? '',
      AWS_ENDPOINT_URL: sandbox.endpoint,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let text = '';
  script.stdout.on('data', (data) => {
    text += data;
  });
  const ended = once(script, 'exit');
  try {
    await play({
      home,
      opened: () => (existsSync(opened) ? readFileSync(opened, 'utf8') : undefined),
      text: () => text,
    });
  } finally {
    // Ctrl-C, as in any terminal.
    script.stdin.write('\u0003');
    await ended;
    await Promise.all([x?.stop(), sandbox.close()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function enter(page: Page, id: string, secret: string): Promise<void> {
  await page.getByLabel('Access key id').fill(id);
  await page.getByLabel(/^Secret access key/).fill(secret);
  await page.keyboard.press('Enter');
}

let browser: Browser;

describe.skipIf(browserSkipped || desktopSkipped)('the first run', () => {
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  it('opens by itself, and leads from wrong keys over right ones and the services to the plan', () =>
    firstStart(async ({ home, opened, text }) => {
      await until('the browser is opened', () => opened() !== undefined);
      expect(opened()).toBe(`${join(home, 'open.html')}\n`);
      await until('the terminal says so', () => text().includes('The sign-in opens in your browser'));

      const { page, complaints } = await newTab(browser);
      await page.goto(`file://${opened()?.trim()}`);
      await page.getByRole('heading', { name: 'Sign in to AWS', level: 1 }).waitFor();
      expect(new URL(page.url()).hash).toBe('#/first-run');
      expect(await barriers(page)).toEqual([]);
      await enter(page, 'AKIAWRONGWRONGWRONG0', 'a-wrong-secret-of-somebody');
      await page.getByRole('alert').getByText('You are not signed in with this').waitFor();
      await page
        .getByRole('alert')
        .getByText(/AKIA.*|access key id/i)
        .first()
        .waitFor();
      expect(existsSync(join(home, 'cloudnap.keys'))).toBe(false);

      await enter(page, DEMO_KEY.accessKeyId, DEMO_KEY.secretAccessKey);
      await page.getByRole('heading', { name: 'What may nap while you are away?' }).waitFor();
      expect(await barriers(page)).toEqual([]);
      // By keyboard alone: the second and the third are ticked, and the step is left.
      await page.getByRole('checkbox', { name: 'dev-api' }).focus();
      await page.keyboard.press('Space');
      await page.getByRole('checkbox', { name: 'dev/search' }).focus();
      await page.keyboard.press('Space');
      await page.getByRole('button', { name: 'Let 2 services nap' }).focus();
      await page.keyboard.press('Enter');

      await page.getByRole('heading', { name: 'What will happen' }).waitFor();
      await page
        .getByText(/^naps at /)
        .nth(1)
        .waitFor();
      await page.getByText(/^About \$.* less a month$/).waitFor();
      expect(await barriers(page)).toEqual([]);
      expect(readFileSync(join(home, 'services.yaml'), 'utf8')).toContain(INSTANCE);
      await page.getByRole('button', { name: 'Looks good' }).click();
      await page.getByRole('heading', { name: 'That is all' }).waitFor();
      expect(await barriers(page)).toEqual([]);
      await page.getByRole('button', { name: 'To the overview' }).click();
      await page.getByText('dev-api', { exact: true }).waitFor();
      expect(complaints.filter((line) => !line.startsWith('Failed to load resource'))).toEqual([]);
      expect(readFileSync(join(home, 'aws_monitor.log'), 'utf8')).not.toContain(DEMO_KEY.secretAccessKey);
      // Once in this run, whatever came after.
      expect(opened()?.split('\n')).toHaveLength(2);
    }));

  it('can be left, and is not pressed upon anybody again', () =>
    firstStart(async ({ opened }) => {
      await until('the browser is opened', () => opened() !== undefined);
      const { page } = await newTab(browser);
      await page.goto(`file://${opened()?.trim()}`);
      await page.getByRole('button', { name: 'Not now' }).click();
      await page.getByText('No service is registered yet.').waitFor();
      expect(await barriers(page)).toEqual([]);
      await page.reload();
      await page.getByText('No service is registered yet.').waitFor();
      await page.getByRole('link', { name: 'Set up Cloudnap' }).click();
      await page.getByRole('heading', { name: 'Sign in to AWS', level: 1 }).waitFor();
    }));

  it('says what to do where there is no screen', () =>
    firstStart(
      async ({ opened, text }) => {
        await until('the terminal says so', () => text().includes('cloudnap login'));
        expect(text()).toMatch(/on the dashboard at http:\/\/127\.0\.0\.1:\d+/);
        expect(opened()).toBeUndefined();
      },
      { hasScreen: false },
    ));

  it.each([
    ['when somebody is signed in', { keys: DEMO_KEY }],
    ['when the log is not shown, as at login', { words: ['--quiet'] }],
  ])('does not open %s', (_what, options) =>
    firstStart(async ({ home, opened, text }) => {
      const log = join(home, 'aws_monitor.log');
      await until(
        'the dashboard is open',
        () => existsSync(log) && readFileSync(log, 'utf8').includes('The dashboard is at'),
      );
      // AWS has been asked who is signed in by now, and said yes or no.
      const asked = /is pinned|AWS cannot be asked|Signed in|no longer/i;
      await until('it was asked who is signed in', async () => {
        const { execFile } = await import('node:child_process');
        const said = await new Promise<string>((resolve) => {
          const env = { PATH: process.env.PATH, HOME: home, CLOUDNAP_HOME: home };
          execFile(process.execPath, [PROGRAM, 'login', '--json'], { env }, (_error, stdout) =>
            resolve(stdout),
          );
        });
        return said.includes('"identity"') || asked.test(said);
      });
      expect([opened(), text()]).toEqual([undefined, expect.not.stringContaining('Nobody is signed in')]);
    }, options),
  );
});
