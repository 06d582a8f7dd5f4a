/** The timeline in a real browser: a fortnight that lies in the ledger, by day and week, by keyboard, pointer and table. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/control/client.js';
import type { WireTimeline } from '../../src/control/wire-desk.js';
import { openLedger } from '../../src/ledger/sqlite-ledger.js';
import { type History, historyOf } from '../fakes/history.js';
import { barriers, browserSkipped, freeTcpPort, newTab, openDashboard, startBrowser } from './browser.js';
import { type Program, until } from './program.js';
import { type Scene, scene } from './scene.js';

const DAY = 24 * 3_600_000;
const TARGETS = [
  'ec2:ap-northeast-2:i-0a1c5e7d9b3f20461',
  'ecs:ap-northeast-2:dev:orders',
  'eks:us-west-2:test-kubernetes:spot-workers',
] as const;

let browser: Browser;

/** A daemon that starts on a ledger with this history; nothing naps by itself within a test. */
async function after(history: History | undefined, play: (scene: Scene) => Promise<void>): Promise<void> {
  const dashboard = { enabled: true, port: await freeTcpPort() };
  const settings = { activity_monitor: { inactivity_timeout_minutes: 10 }, dashboard };
  await scene(
    async (on) => {
      if (history) {
        const ledger = openLedger({ path: on.program.path('cloudnap.db') });
        ledger.markActivity(history.stretches);
        ledger.markIntervals(history.marks);
        ledger.dispose();
      }
      await on.program.start();
      await play(on);
    },
    { settings },
  );
}

/** Days up to yesterday evening; of any three, somebody worked on one. */
function past(days: number): History {
  return historyOf({ until: new Date().setHours(0, 0, 0, 0) - DAY / 8, days, targets: TARGETS });
}

/** Without the sensors that tell most: axe weighs every bar against every other. */
function withLittle({ stretches, marks }: History): History {
  return { stretches: stretches.filter(({ what }) => what !== 'mouse' && what !== 'window'), marks };
}

async function open(program: Program, page: Page): Promise<void> {
  await openDashboard(program, page);
  await page.evaluate("location.hash = '/timeline'");
  await read(page);
}

/** Waits until what was asked for is there. */
async function read(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1, name: /Timeline|타임라인/ }).waitFor();
  await until(
    'it is read',
    async () => (await page.locator('[aria-label="Loading"],[aria-label="불러오는 중"]').count()) === 0,
  );
}

/** Goes back to the last day on which somebody worked. */
async function toWorkday(page: Page): Promise<void> {
  const keys = page.getByRole('row', { name: /Keyboard|키보드/ });
  for (let n = 0; n < 4 && (await keys.count()) === 0; n += 1) {
    await page.getByRole('button', { name: /The day before|전날/ }).click();
    await read(page);
  }
}

const labelOfFocus = (page: Page) => page.evaluate<string | null>("document.activeElement.ariaLabel ?? ''");

describe.skipIf(browserSkipped)('the timeline', () => {
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  it('shows days and weeks, and leads back and forward', () =>
    after(past(14), async ({ program }) => {
      const { page, complaints } = await newTab(browser);
      await open(program, page);
      const forward = page.getByRole('button', { name: 'The day after' });
      expect(await forward.isDisabled()).toBe(true);
      expect(await page.getByRole('button', { name: 'Today' }).isDisabled()).toBe(true);
      await page.getByRole('button', { name: 'The day before' }).click();
      const yesterday = new Intl.DateTimeFormat('en', { weekday: 'long', month: 'long', day: 'numeric' });
      await page.getByText(yesterday.format(Date.now() - DAY), { exact: false }).waitFor();
      await toWorkday(page);
      await page.getByRole('grid', { name: 'You', exact: true }).waitFor();
      await page.getByRole('row', { name: 'Presence' }).waitFor();
      await page.getByRole('grid', { name: 'Your services' }).getByRole('row').nth(2).waitFor();
      const inDay = await page.getByRole('gridcell').count();
      await page.getByText('Week', { exact: true }).click();
      await until('there is more in a week', async () => (await page.getByRole('gridcell').count()) > inDay);
      await page.getByRole('button', { name: 'This week' }).click();
      expect(await page.getByRole('button', { name: 'The week after' }).isDisabled()).toBe(true);
      expect(complaints).toEqual([]);
    }));

  it('is read with the keyboard alone, and tells what each stretch was', () =>
    after(past(14), async ({ program }) => {
      const { page } = await newTab(browser);
      await open(program, page);
      await toWorkday(page);
      const you = page.getByRole('grid', { name: 'You', exact: true });
      // One stop for the whole grid.
      expect(await you.locator('[tabindex="0"]').count()).toBe(1);
      await you.locator('[tabindex="0"]').focus();
      await page.keyboard.press('Home');
      expect(await labelOfFocus(page)).toMatch(/^(away|locked|here), .+ to .+, (\d+ h )?\d+ (min|h)$/);
      await page.keyboard.press('ArrowDown');
      expect(await labelOfFocus(page)).toMatch(/^activity, /);
      const first = await labelOfFocus(page);
      await page.keyboard.press('ArrowRight');
      expect(await labelOfFocus(page)).not.toBe(first);
      await page.getByText('Keyboard', { exact: true }).nth(1).waitFor();
      await page.keyboard.press('ArrowLeft');
      expect(await labelOfFocus(page)).toBe(first);
      await page.keyboard.press('Escape');
      await until('the words are gone', async () => (await page.locator('.tl-tip').count()) === 0);
      await page.keyboard.press('Tab');
      expect(await labelOfFocus(page)).toMatch(/^(running|napping), /);
      await page.keyboard.press('Shift+Tab');
      expect(await labelOfFocus(page)).toBe(first);
      const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle');
      expect(outline).toBe('solid');
    }));

  it('says at the pointer what a stretch was, also one that is hard to hit', () =>
    after(past(14), async ({ program }) => {
      const { page } = await newTab(browser);
      await open(program, page);
      await toWorkday(page);
      const bar = page.getByRole('row', { name: 'Keyboard' }).getByRole('gridcell').first();
      const box = await bar.boundingBox();
      if (!box) throw new Error('it is not drawn');
      await page.mouse.move(box.x - 4, box.y + box.height / 2);
      await page.locator('.tl-tip').getByText('Keyboard').waitFor();
      await page.mouse.move(box.x - 40, box.y + box.height / 2);
      await until('nothing is told of nothing', async () => (await page.locator('.tl-tip').count()) === 0);
    }));

  it('is a table for whoever would rather read', () =>
    after(past(14), async ({ program }) => {
      const { page } = await newTab(browser);
      await open(program, page);
      await toWorkday(page);
      const bars = await page.getByRole('gridcell').count();
      await page.getByText('Table', { exact: true }).click();
      const rows = page.getByRole('table').getByRole('row');
      await page.getByRole('rowheader', { name: 'Keyboard' }).waitFor();
      // Two tables, each with a row of headings.
      expect(await rows.count()).toBe(bars + 2);
    }));

  it('tells of what happens while it is looked at', () =>
    after(undefined, async ({ program, x }) => {
      const { page } = await newTab(browser);
      await open(program, page);
      const keys = page.getByRole('row', { name: 'Keyboard' }).getByRole('gridcell');
      await until('the key is there', async () => {
        await x.xdotool('key', 'shift');
        // What is looked at anew is asked for anew.
        await page.evaluate("location.hash = '/about'");
        await page.locator('.tl').first().waitFor({ state: 'detached' });
        await page.evaluate("location.hash = '/timeline'");
        await read(page);
        return (await keys.count()) > 0;
      });
      await page.getByRole('button', { name: 'The day before' }).click();
      await page.getByText('Nothing is on record of this day.').waitFor();
    }));

  it('keeps over a restart what there was before it', () =>
    after(undefined, async ({ program, x }) => {
      await x.xdotool('key', 'a');
      const daemon = connect(program.path('cloudnap.sock'));
      const told = () =>
        daemon.timeline({
          from: new Date(Date.now() - DAY).toISOString(),
          to: new Date(Date.now() + DAY).toISOString(),
        });
      const keys = (timeline: WireTimeline) =>
        timeline.sensors.find(({ sensor }) => sensor === 'keyboard')?.spans;
      await until('the key is told', async () => (keys(await told())?.length ?? 0) > 0);
      const before = await told();
      await program.stop();
      await program.start();
      const now = await told();
      expect(keys(now)?.[0]?.from).toBe(keys(before)?.[0]?.from);
      expect(now.presence[0]).toMatchObject({ state: 'present', from: before.presence[0]?.from });
    }));

  it.each([
    ['en-US', 'light', 1280],
    ['ko-KR', 'dark', 390],
  ] as const)('can be used by everybody: %s, %s, %i wide', (locale, colorScheme, width) =>
    after(withLittle(past(3)), async ({ program }) => {
      const viewport = { width, height: 850 };
      const { page, complaints } = await newTab(browser, { locale, colorScheme, viewport });
      await open(program, page);
      const look = async (what: string) => {
        await read(page);
        expect([what, await barriers(page)]).toEqual([what, []]);
        const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
        expect([what, overflow <= 0]).toEqual([what, true]);
      };
      await look('today');
      await toWorkday(page);
      await page.getByRole('gridcell').last().focus();
      await page.locator('.tl-tip').waitFor();
      await look('a day, with words at a stretch');
      await page.getByText(/^(Table|표)$/).click();
      await look('its table');
      await page.getByText(/^(Picture|그림)$/).click();
      await page.getByText(/^(Week|주)$/).click();
      await page.getByRole('gridcell').first().waitFor();
      await look('the week around it');
      for (let n = 0; n < 3; n += 1)
        await page.getByRole('button', { name: /The week before|지난주/ }).click();
      await page.getByText(/Nothing is on record of this week|이 주의 기록이 없습니다/).waitFor();
      await look('nothing');
      expect(complaints).toEqual([]);
    }),
  );
});
