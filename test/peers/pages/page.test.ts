import type { Browser, BrowserContext, Page as BrowserPage } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../core/config/settings.ts';
import { EventFanOut } from '../../../shell/log/fan-out.ts';
import { Page } from '../../../shell/operations/page/page.ts';
import { StationApp } from '../../../shell/station/station.ts';
import { CapturedLog, RawClient, sleep } from '../../shell/support/support.ts';
import { listener, Programme, running, source, stopAll } from '../../shell/station/support.ts';
import { launchChromium } from '../players/chromium.ts';
import { describeWith } from '../support/need.ts';

const bind = '127.0.0.1';
const settings = { ...defaultSettings, stopMs: 200 };
const operator = { username: 'admin', password: 'sesame' };
const PATIENT = { timeout: 60_000 };
const phone = { width: 360, height: 800 };
const wicked = '<img src=x onerror="document.title=1"></script><script>document.title=2</script>';

/** Texts whose contrast with what they stand on is below 4.5:1 (WCAG 2.2, 1.4.3). Runs in the page. */
const TOO_FAINT = `(() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = parts(colour).map((value) => value / 255).map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (node) => {
    for (let at = node; at !== null; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((parts(colour)[3] ?? 1) === 1) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const faint = [];
  for (const node of document.querySelectorAll('#page *')) {
    const text = [...node.childNodes].filter(({ nodeType }) => nodeType === 3).map(({ data }) => data.trim()).join('');
    if (text === '' || node.getClientRects().length === 0 || node.closest('svg') !== null) continue;
    const [a, b] = [light(getComputedStyle(node).color), light(ground(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.push(text + ' ' + ratio.toFixed(2));
  }
  return faint;
})()`;

class Station {
  readonly told = new CapturedLog();
  readonly page: Page;
  readonly app: StationApp;

  constructor(fleet: ConstructorParameters<typeof Page>[0]['fleet']) {
    const events = new EventFanOut(this.told.log);
    this.page = new Page({ role: 'station', fleet, tell: events.tell });
    events.join(this.page.event);
    this.app = new StationApp({
      bind, httpPort: 0, sources: { origin: 'here', title: '', headers: [], mounts: new Map() }, sourcesPerMount: 8, pulled: [], peers: [], allowIn: [], allowOut: [], settings, relaySettings: settings,
      adminPassword: 'sesame', page: { page: this.page, allow: [] },
    }, events.tell);
    running.push(this.app, this.page);
  }

  async start(): Promise<number> {
    await this.app.start();
    return await this.told.port('http');
  }
}

describeWith(['chromium'], 'the page in a browser', () => {
  let browser: Browser | undefined;
  let context: BrowserContext | undefined;
  let complaints: string[];
  let isStopped = false;
  let one: Station;
  let port: number;
  let otherPort: number;
  let sources: RawClient[];

  beforeAll(async () => {
    browser = await launchChromium();
    const other = new Station(undefined);
    otherPort = await other.start();
    one = new Station({ members: [{ url: new URL(`http://${bind}:${otherPort}/`), auth: 'admin:sesame' }, { url: new URL(`http://${bind}:1/`), auth: undefined }] });
    port = await one.start();
    sources = [await source(port, 'radio'), await source(port, 'radio')];
    const elsewhere = await source(otherPort, 'jazz');
    expect(new Programme([...sources, elsewhere], { frames: 20_000 }).sent).toBe(0);
    await one.told.until('backup-added');
  });
  afterEach(async () => {
    await context?.close();
    context = undefined;
    expect(complaints).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await stopAll();
  });

  /** Whatever it asks of others, logs or throws is a complaint. */
  async function open(path: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserPage> {
    context = await browser!.newContext({ viewport: { width: 1_280, height: 900 }, ...options });
    const page = await context.newPage();
    complaints = [];
    page.on('console', (message) => {
      // The browser tells of connections that are refused.
      if (!isStopped || !message.text().includes('ERR_')) complaints.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    page.on('request', (request) => {
      if (!request.url().startsWith(`http://${bind}:${port}/`)) complaints.push(`request: ${request.url()}`);
    });
    await page.goto(`http://${bind}:${port}${path}`);
    await page.locator('.mount').first().waitFor();
    return page;
  }

  it('shows everybody what is on air, and nobody’s name', async () => {
    const page = await open('/', { extraHTTPHeaders: { 'X-Forwarded-For': '198.51.100.1' } });
    expect(await page.locator('.verdict').innerText()).toBe('✓ All well · 1 on air');
    expect(await page.locator('.mount summary').first().innerText()).toMatch(/● On air\s+\/radio\s+\d+ listeners?/);
    expect(await page.locator('body').innerText()).not.toMatch(/here|127\.0\.0\.1|Switch/);
    await page.getByRole('link', { name: 'Log in' }).waitFor();
  });

  it('shows an operator each encoder, and switches when a button is pressed twice', async () => {
    const page = await open('/admin/page', { httpCredentials: operator });
    const radio = page.locator('.mount', { has: page.locator('h3', { hasText: '/radio' }) }).first();
    await expect.poll(() => radio.locator('.lanes .state').allInnerTexts(), PATIENT).toEqual(['● on air', '◇ standing by']);
    const names = await radio.locator('.lanes .name').allInnerTexts();
    expect(names.toSorted()).toEqual(['here/127.0.0.1', 'here/127.0.0.1/2']);
    expect(await radio.locator('svg.lane').first().getAttribute('aria-label')).toMatch(/: on air since \d\d:\d\d:\d\d$/);
    await radio.getByRole('button', { name: `Switch radio to ${names[1]}` }).focus();
    await page.keyboard.press('Enter');
    expect(one.told.all('operator')).toEqual([]);
    await page.keyboard.press('Enter');
    await one.told.until('switch');
    await page.getByRole('status').filter({ hasText: /^✓ (switched|will switch)/ }).waitFor();
    await expect.poll(() => radio.locator('.lanes .name').first().innerText(), PATIENT).toBe(names[1]);
    await radio.locator('.marks li', { hasText: 'operator command' }).waitFor();
    expect(await radio.locator('.marks .error').allInnerTexts()).toContainEqual(expect.stringMatching(/^cut (exact|[\d.]+ ms)/));
    const automatic = radio.getByRole('button', { name: /Choose the encoder of radio automatically/ });
    await automatic.click();
    await automatic.click();
    await one.told.until('operator', { command: 'automatic' });
    await automatic.waitFor({ state: 'detached' });
  });

  it('disconnects a listener', async () => {
    const hearing = await listener(port, 'radio');
    const page = await open('/admin/page', { httpCredentials: operator });
    await page.locator('.mount summary', { hasText: /^Listeners$/ }).first().click();
    const kick = page.getByRole('button', { name: /Kick the listener at 127/ }).first();
    await kick.click();
    await kick.click();
    await hearing.closed;
    await page.locator('.listeners', { hasText: 'nobody listens' }).waitFor();
  });

  it('shows the others, and which of them does not answer', async () => {
    const page = await open('/admin/page', { httpCredentials: operator });
    const members = page.locator('.member');
    await expect.poll(() => members.locator('h2').allInnerTexts(), PATIENT).toEqual([expect.stringMatching(new RegExp(`^${bind}:${otherPort} station ✓ answers`)), expect.stringMatching(/^127\.0\.0\.1:1 .*✖ connection refused \(ECONNREFUSED\), since/)]);
    await members.first().locator('h3', { hasText: '/jazz' }).waitFor();
    await page.locator('.problems', { hasText: `${bind}:1: cannot be asked` }).waitFor();
    expect(await page.locator('.verdict').innerText()).toMatch(/^✖ 1 trouble/);
    expect(await members.first().getByRole('link').getAttribute('href')).toBe(`http://${bind}:${otherPort}/admin/page`);
  });

  it('runs nothing that a title says', async () => {
    await ask(`/admin/metadata?mount=/radio&mode=updinfo&song=${encodeURIComponent(wicked)}`);
    const page = await open('/admin/page', { httpCredentials: operator });
    await page.locator('.title', { hasText: wicked }).waitFor();
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).not.toMatch(/^[12]$/);
  });

  it('says at once when the last backup is lost', async () => {
    const page = await open('/admin/page', { viewport: phone, httpCredentials: operator });
    await page.locator('.state.standby').waitFor();
    // Nobody misses a backup that has stood by for less than ten seconds.
    await sleep(10_500);
    const backup = sources.pop()!;
    backup.socket.destroy();
    await one.told.until('backup-lost');
    await page.locator('.problems .warn', { hasText: '/radio: backup lost, nothing stands by' }).waitFor();
    expect(await page.title()).toMatch(/^\(2\) /);
    await page.locator('.events li', { hasText: 'backup lost' }).waitFor();
  });

  describe.each(['light', 'dark'] as const)('in the %s', (colorScheme) => {
    it('can be read on a phone, in colours that differ enough', async () => {
      const page = await open('/admin/page', { viewport: phone, colorScheme, httpCredentials: operator });
      await page.locator('.member h3').first().waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(phone.width);
      expect(await page.evaluate(TOO_FAINT)).toEqual([]);
      const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(ground).toBe(colorScheme === 'light' ? 'rgb(243, 245, 248)' : 'rgb(13, 18, 24)');
      const small: string[] = await page.evaluate("[...document.querySelectorAll('button, .mount > summary')].filter((node) => node.getClientRects().length > 0 && node.getBoundingClientRect().height < 40).map((node) => node.textContent)");
      expect(small).toEqual([]);
    });
  });

  it('says when it is old', async () => {
    const page = await open('/admin/page', { httpCredentials: operator });
    isStopped = true;
    await stopAll();
    await page.getByRole('alert').filter({ hasText: /^✖ Connection lost. This is how it was at \d\d:\d\d:\d\d\.$/ }).waitFor();
  });

  async function ask(path: string): Promise<void> {
    const client = new RawClient(port).write(`GET ${path} HTTP/1.0\r\nAuthorization: Basic ${Buffer.from('admin:sesame').toString('base64')}\r\n\r\n`);
    expect(await client.untilText('\r\n')).toMatch(/ 200 /);
    await client.closed;
  }
});
