import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { browserScript } from '../../../sim/cli/output/browser-script.ts';
import { PictureBuilder } from '../../../sim/picture/builder.ts';
import { markTones, type Picture } from '../../../sim/picture/data.ts';
import { pictureOf } from '../../../sim/picture/from-run.ts';
import { pageOf } from '../../../sim/picture/page.ts';
import { Sampler } from '../../../sim/picture/lanes/sampler.ts';
import { simulate } from '../../../sim/run/simulation.ts';
import encoderDeath from '../../../scenarios/encoder-death.ts';
import { launchChromium } from '../players/chromium.ts';
import { describeWith } from '../support/need.ts';

function runPicture(): Picture {
  const sampler = new Sampler(encoderDeath.durationS);
  return pictureOf(simulate(encoderDeath, { seed: 5, probe: sampler.probe, line: (line) => sampler.line(line) }), sampler);
}

/** Ten thousand events in twenty lanes, and four charts of 12,000 values each. */
function bigPicture(): Picture {
  const builder = new PictureBuilder();
  const lanes = Array.from({ length: 20 }, (_, index) =>
    builder.lane({ kind: index < 16 ? 'encoder' : 'buffer', group: index < 16 ? 'Hosts' : 'Buffers', name: `lane ${index}`, isKey: index < 3 }),
  );
  for (let index = 0; index < 10_000; index++) {
    const tone = markTones[index % markTones.length]!;
    const lane = lanes[index % 16]!;
    builder.mark({ atMs: (index * 7_919) % 600_000, kind: `kind-${tone}`, tone, who: 'host', text: `event number ${index}`, label: '12.5 ms', fields: { index }, lanes: [lane] });
  }
  for (const lane of lanes.slice(0, 16)) {
    for (let part = 0; part < 500; part++) lane.enter(part * 1_200, { state: part % 7 === 0 ? 'down' : 'up', tone: part % 7 === 0 ? 'bad' : 'good', label: `#${part}`, hue: part % 8 });
  }
  for (const lane of lanes.slice(16)) {
    for (let hue = 0; hue < 4; hue++) {
      const values = Array.from({ length: 3_000 }, (_, index) => (index * (hue + 3) * 37) % 1_000);
      lane.series.push({ name: `series ${hue}`, unit: 'ms', shape: 'line', hue, fromMs: 0, everyMs: 200, values });
    }
  }
  return builder.build({ title: 'big', story: '', verdict: { tone: 'none', text: '' }, summary: [], facts: [], fromMs: 0, untilMs: 600_000, folded: [] });
}

describeWith(['chromium'], 'the picture in a browser', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'davecast-picture-'));
  let browser: Browser | undefined;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(scratch, { recursive: true });
  });

  /** Whatever it asks of a network, logs or throws is a complaint. */
  async function open(picture: Picture, options: { readonly colorScheme?: 'light' | 'dark'; readonly hash?: string } = {}): Promise<void> {
    const file = join(scratch, 'picture.html');
    writeFileSync(file, pageOf(picture, browserScript()));
    const { colorScheme = 'light', hash = '' } = options;
    page = await browser!.newPage({ viewport: { width: 1_440, height: 900 }, colorScheme });
    complaints = [];
    page.on('console', (message) => complaints.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) complaints.push(`request: ${request.url()}`);
    });
    await page.goto(`${pathToFileURL(file).href}${hash}`);
    await settled();
  }

  /** Two frames: what was asked for has been drawn. */
  const settled = (): Promise<unknown> => page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  const pixels = async (id: string): Promise<string> => {
    const image: string = await page.evaluate(`document.getElementById('${id}').toDataURL()`);
    return createHash('sha256').update(image).digest('hex');
  };
  const seen = async (): Promise<{ from: number; until: number; event: string | null }> => {
    const parts = new URLSearchParams(new URL(page.url()).hash.slice(1));
    return { from: Number(parts.get('from')), until: Number(parts.get('until')), event: parts.get('event') };
  };
  /** Where in the page a moment is drawn in the lane of that name. */
  const spot = async (lane: string, atS: number): Promise<{ x: number; y: number }> => {
    const name = (await page.locator('.name', { hasText: new RegExp(`^${lane}$`) }).boundingBox())!;
    const canvas = (await page.locator('#lanes').boundingBox())!;
    const { from, until } = await seen();
    return { x: canvas.x + ((atS - from) / (until - from)) * canvas.width, y: name.y + name.height / 2 };
  };

  describe('of an encoder that dies', () => {
    const picture = runPicture();
    const change = picture.marks.find(({ kind }) => kind === 'switch')!;
    const changeAtS = change.atMs / 1000;
    const splice = picture.marks.find(({ kind }) => kind === 'splice')!;

    it('shows the whole time, what it came to, and all that is not routine', async () => {
      await open(picture);
      expect(await page.textContent('h1')).toBe('encoder-death, seed 5ok');
      expect(await page.textContent('.summary')).toContain('0 ms of silence, 1 switch');
      expect(await page.locator('.name').allTextContents()).toEqual(picture.lanes.map(({ name }) => name));
      const told = picture.marks.filter(({ tone }) => tone !== 'routine').length;
      expect(await page.textContent('#count')).toBe(`${told} of ${picture.marks.length}`);
      const { from, until } = await seen();
      expect([from, until]).toEqual([-0.8, 40.8]);
    });

    it('zooms with the wheel about the pointer, and back with Home', async () => {
      await open(picture);
      const before = await pixels('lanes');
      const change = await spot('enc-b', changeAtS);
      // A pointer is on a whole pixel.
      const x = Math.round(change.x);
      const pixelsPerS = (await spot('enc-b', changeAtS + 1)).x - change.x;
      const pointedAtS = changeAtS + (x - change.x) / pixelsPerS;
      await page.mouse.move(x, change.y);
      await page.mouse.wheel(0, -800);
      await settled();
      const { from, until } = await seen();
      expect(until - from).toBeLessThan(20);
      expect(from).toBeLessThan(changeAtS);
      expect(until).toBeGreaterThan(changeAtS);
      expect((await spot('enc-b', pointedAtS)).x).toBeCloseTo(x, 0);
      expect(await pixels('lanes')).not.toBe(before);
      await page.keyboard.press('Home');
      await page.mouse.move(2, 2);
      await settled();
      expect(await pixels('lanes')).toBe(before);
    });

    it('moves by dragging, and by the arrows', async () => {
      await open(picture, { hash: '#from=18&until=22' });
      const canvas = (await page.locator('#lanes').boundingBox())!;
      await page.mouse.move(canvas.x + canvas.width / 2, canvas.y + 40);
      await page.mouse.down();
      await page.mouse.move(canvas.x + canvas.width / 4, canvas.y + 40, { steps: 5 });
      await page.mouse.up();
      await settled();
      expect((await seen()).from).toBeCloseTo(19, 1);
      await page.keyboard.press('ArrowRight');
      await settled();
      expect((await seen()).from).toBeCloseTo(19.4, 1);
    });

    it('tells all about what the pointer is on', async () => {
      await open(picture, { hash: `#from=${changeAtS - 1}&until=${changeAtS + 1}` });
      const sign = await spot('on air: /live', changeAtS);
      await page.mouse.move(sign.x, sign.y);
      const tooltip = page.locator('#tooltip');
      await tooltip.waitFor({ state: 'visible' });
      // Of several at one moment, what each is.
      const told = await tooltip.innerText();
      for (const { text } of picture.marks.filter(({ atMs, tone }) => atMs === change.atMs && tone !== 'routine')) expect(told).toContain(text);
      // Of one alone, all of it.
      const heard = await spot(picture.lanes[splice.lanes[0]!]!.name, splice.atMs / 1_000);
      await page.mouse.move(heard.x, heard.y);
      const all = await tooltip.innerText();
      for (const [key, value] of Object.entries(splice.fields)) expect(all).toMatch(new RegExp(`${key}\\s+${String(value).replace(/[.#]/g, '.')}`));
      const lane = await spot('enc-a', changeAtS);
      await page.mouse.move(lane.x, lane.y);
      expect(await tooltip.innerText()).toContain('down');
      const chart = await spot('ring of each stream', changeAtS);
      await page.mouse.move(chart.x, chart.y);
      expect(await tooltip.innerText()).toMatch(/enc-b#1\s+9\.9\d s/);
      await page.mouse.move(2, 2);
      await tooltip.waitFor({ state: 'hidden' });
    });

    it('jumps to an event by button, by click and by keyboard, and along its links', async () => {
      await open(picture);
      await page.click('#next-switch');
      await settled();
      const first = await seen();
      expect((first.from + first.until) / 2).toBeCloseTo(changeAtS, 2);
      expect(first.until - first.from).toBeLessThan(6);
      expect(await page.textContent('#details')).toContain(change.text);
      await page.click('#details li button');
      await settled();
      expect(picture.marks[Number((await seen()).event)]!.kind).toBe('splice');
      await page.keyboard.press('Escape');
      await page.click('#events .row:has-text("enc-a is killed")');
      await settled();
      expect(picture.marks[Number((await seen()).event)]!.kind).toBe('kill');
      await page.focus('#events');
      await page.keyboard.press('ArrowDown');
      await settled();
      expect(picture.marks[Number((await seen()).event)]!.kind).toBe('path-closed');
      expect(await page.getAttribute('#events', 'aria-activedescendant')).toBe(`event-${(await seen()).event}`);
    });

    it('shows a colleague the same moment', async () => {
      await open(picture);
      await page.click('#next-switch');
      await settled();
      const { hash } = new URL(page.url());
      const [lanes, chosen] = [await pixels('lanes'), await page.textContent('#details')];
      await page.close();
      await open(picture, { hash });
      expect(await pixels('lanes')).toBe(lanes);
      expect(await page.textContent('#details')).toBe(chosen);
    });

    it('lists and draws only what is asked for', async () => {
      await open(picture);
      const before = await pixels('lanes');
      await page.fill('#text', 'killed');
      await settled();
      expect(await page.locator('#events .row').allInnerTexts()).toEqual([expect.stringContaining('enc-a is killed')]);
      expect(await pixels('lanes')).not.toBe(before);
      await page.fill('#text', '');
      await page.selectOption('#what', 'all');
      await settled();
      expect(await page.textContent('#count')).toBe(`${picture.marks.length} of ${picture.marks.length}`);
    });

    it('folds a group away', async () => {
      await open(picture);
      await page.click('button.heading:has-text("Paths")');
      await settled();
      expect(await page.locator('.name', { hasText: '→' }).count()).toBe(0);
      expect(await page.getAttribute('button.heading:has-text("Paths")', 'aria-expanded')).toBe('false');
    });

    it('is light or dark as the system is, until somebody chooses', async () => {
      await open(picture, { colorScheme: 'dark' });
      const ground = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor');
      const dark = [await ground(), await pixels('lanes')];
      await page.click('#scheme');
      await settled();
      const light = [await ground(), await pixels('lanes')];
      expect(light[0]).toBe('rgb(255, 255, 255)');
      expect(dark[0]).not.toBe(light[0]);
      expect(dark[1]).not.toBe(light[1]);
      await page.emulateMedia({ colorScheme: 'light' });
      await page.click('#scheme');
      await settled();
      expect([await ground(), await pixels('lanes')]).toEqual(dark);
    });
  });

  it('takes ten thousand events, and draws them quickly enough to be moved', async () => {
    await open(bigPicture());
    const loadedMs = (await page.evaluate('performance.now()')) as number;
    expect(await page.textContent('#count')).toMatch(/^\d{4} of 10000$/);
    const rows = await page.locator('#events .row').count();
    expect(rows).toBeLessThan(100);
    const frames = (await page.evaluate(`(async () => {
      const canvas = document.getElementById('lanes');
      const times = [];
      for (let turn = 0; turn < 30; turn++) {
        const began = performance.now();
        canvas.dispatchEvent(new WheelEvent('wheel', { deltaY: turn < 15 ? -120 : 120, clientX: 700, clientY: 400, bubbles: true, cancelable: true }));
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        times.push((performance.now() - began) / 2);
      }
      return times.sort((a, b) => a - b);
    })()`)) as number[];
    const first = await page.locator('#events .row').first().innerText();
    await page.focus('#events');
    await page.keyboard.press('End');
    await settled();
    expect(await page.locator('#events .row').first().innerText()).not.toBe(first);
    console.log(`10,000 events: there after ${Math.round(loadedMs)} ms, a frame in ${Math.round(frames[15]!)} ms (median of ${frames.length})`);
  });

  it('runs nothing that a name says', async () => {
    const wicked = '</script><script>document.title = "taken"</script><img src=x onerror="document.title = \'taken\'">';
    const builder = new PictureBuilder();
    const lane = builder.lane({ kind: 'mount', group: wicked, name: wicked, isKey: true });
    lane.enter(0, { state: wicked, tone: 'bad', label: wicked });
    builder.mark({ atMs: 500, kind: wicked, tone: 'bad', who: wicked, text: wicked, label: wicked, fields: { [wicked]: wicked }, lanes: [lane] });
    await open(builder.build({ title: wicked, story: wicked, verdict: { tone: 'bad', text: wicked }, summary: [wicked], facts: [[wicked, wicked]], fromMs: 0, untilMs: 1_000, folded: [] }));
    await page.click('#next-trouble');
    const lanes = (await page.locator('#lanes').boundingBox())!;
    await page.mouse.move(lanes.x + lanes.width / 2, lanes.y + 40);
    await page.locator('#tooltip').waitFor({ state: 'visible' });
    expect(await page.title()).toBe(wicked);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('script').count()).toBe(2);
    expect(await page.textContent('#details')).toContain(wicked);
  });
});
