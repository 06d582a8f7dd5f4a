/** The dead-man's switch on the dashboard: turned on after saying what that installs, told per service, turned off. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { desktopSkipped } from '../desktop/xserver.js';
import { barriers, browserSkipped, freeTcpPort, newTab, openDashboard, startBrowser } from './browser.js';
import { type Scene, scene, typeUntil } from './scene.js';

let browser: Browser;

/** Nothing naps by itself while somebody reads. */
async function atPage(play: (on: Scene) => Promise<void>): Promise<void> {
  await scene(
    async (on) => {
      await on.program.start();
      await typeUntil(on, 'it is signed in', async () => (await on.program.run('account')).exit === 0);
      await play(on);
    },
    {
      settings: {
        activity_monitor: { inactivity_timeout_minutes: 10 },
        dashboard: { enabled: true, port: await freeTcpPort() },
      },
    },
  );
}

async function openSettings({ program }: Scene, page: Page) {
  await openDashboard(program, page);
  await page.evaluate("location.hash = '/settings'");
  return page.getByRole('region', { name: /When this computer is gone|이 컴퓨터가 사라졌을 때/ });
}

/** What CloudFormation was asked to change. */
const changes = ({ sandbox }: Scene) =>
  sandbox.journal
    .entries()
    .map(({ operation }) => operation)
    .filter((operation) => operation === 'CreateStack' || operation === 'DeleteStack');

describe.skipIf(browserSkipped || desktopSkipped)("the dead-man's switch on the page", () => {
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  it('says what it installs, arms every service, tells when AWS stops it, and leaves nothing', () =>
    atPage(async (on) => {
      const { page, complaints } = await newTab(browser);
      const card = await openSettings(on, page);
      await card.getByText('off', { exact: true }).waitFor();
      await card.getByRole('button', { name: 'Turn on' }).click();
      const question = page.getByRole('dialog');
      await question.getByText('cloudnap-dead-man', { exact: false }).waitFor();
      expect(await barriers(page)).toEqual([]);
      await question.getByRole('button', { name: 'Cancel' }).click();
      await question.waitFor({ state: 'detached' });
      expect(changes(on)).toEqual([]);
      await card.getByRole('button', { name: 'Turn on' }).click();
      await question.getByRole('button', { name: 'Install and turn on' }).click();
      await card.getByText('on', { exact: true }).waitFor();
      await card.getByText('ready for 3 services').waitFor();
      const armed = card.getByText(/^armed: AWS stops it at /);
      await typeUntil(on, 'all three are armed', async () => (await armed.count()) === 3);
      expect(changes(on)).toEqual(['CreateStack']);
      expect(await barriers(page)).toEqual([]);

      await page.evaluate("location.hash = '/'");
      await page.getByRole('button', { name: 'What can be done with api' }).click();
      await page.getByRole('menuitem', { name: 'Why?' }).click();
      await page.getByText(/Should this computer be gone, AWS stops it at /).waitFor();
      await page.keyboard.press('Escape');

      await page.evaluate("location.hash = '/settings'");
      await card.getByRole('button', { name: 'Turn off' }).click();
      await question.getByRole('button', { name: 'Turn off and remove' }).click();
      await card.getByText('off', { exact: true }).waitFor();
      expect(changes(on)).toEqual(['CreateStack', 'DeleteStack']);
      expect(complaints).toEqual([]);
    }));

  it('tells what is missing with its cure, and mends it: narrow, dark and in Korean', () =>
    atPage(async (on) => {
      await on.program.run('config', 'set', 'leases.dead_man.enabled', 'true');
      const viewport = { width: 390, height: 844 };
      const { page } = await newTab(browser, { viewport, locale: 'ko-KR', colorScheme: 'dark' });
      const card = await openSettings(on, page);
      await card
        .getByText(/nothing is installed for it in ap-northeast-2/)
        .first()
        .waitFor();
      await card.getByText('cloudnap dead-man enable', { exact: true }).first().waitFor();
      expect(await barriers(page)).toEqual([]);
      const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      expect(overflow).toBeLessThanOrEqual(0);
      await card.getByRole('button', { name: '빠진 것 설치' }).click();
      await page.getByRole('dialog').getByRole('button', { name: '설치하고 켜기' }).click();
      const armed = card.getByText(/^준비됨: /);
      await typeUntil(on, 'all three are armed', async () => (await armed.count()) === 3);
      expect(await card.getByRole('button', { name: '빠진 것 설치' }).count()).toBe(0);
    }));
});
