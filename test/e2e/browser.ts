/** A real browser on the dashboard of the built program: Debian's Chromium, driven by Playwright, judged by axe. */
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { Program } from './program.js';

const CHROMIUM = spawnSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).stdout.trim();

/** Whether tests in a browser are left out here. With CLOUDNAP_TEST_REQUIRE_ALL set they run, and fail. */
export const browserSkipped = CHROMIUM === '' && !process.env.CLOUDNAP_TEST_REQUIRE_ALL;

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
}

/** A tab, and what the browser complained of in it: of the page's policy, of scripts, of files that are not there. */
export interface Tab {
  readonly page: Page;
  readonly complaints: readonly string[];
}

export async function newTab(browser: Browser, options: BrowserContextOptions = {}): Promise<Tab> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 850 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, complaints };
}

/** What `cloudnap open` does, up to the first page. Resolves to the address of the file it would have opened. */
export async function openDashboard(program: Program, page: Page): Promise<string> {
  const { file } = await program.json<{ file: string }>('open', '--no-browser');
  await page.goto(`file://${file}`);
  await page.locator('h1').first().waitFor();
  return `file://${file}`;
}

/** What WCAG 2.2 AA finds wrong with the page as it is now: rule and place. */
export async function barriers(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const options = { runOnly: { type: 'tag', values: TAGS } };
  const { violations } = await page.evaluate<Judged>(`axe.run(document, ${JSON.stringify(options)})`);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  );
}

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe answers, as far as it is read. */
interface Judged {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
  }[];
}

/** A TCP port on loopback that nobody listens on now. */
export function freeTcpPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const at = server.address();
      server.close(() => resolve(typeof at === 'object' && at !== null ? at.port : 0));
    });
  });
}
