import { expect, test } from 'vitest';
import { browserScript } from '../../../sim/cli/output/browser-script.ts';
import type { Picture } from '../../../sim/picture/data.ts';
import { pageOf } from '../../../sim/picture/page.ts';

const wicked = '</script><script>alert(1)</script><!--<script>"\' &amp; \u2028 </title><img src=x onerror=alert(1)>';
const picture: Picture = {
  title: wicked,
  story: wicked,
  verdict: { tone: 'bad', text: wicked },
  summary: [wicked],
  facts: [[wicked, wicked]],
  fromMs: 0,
  untilMs: 1_000,
  lanes: [{ kind: 'mount', group: wicked, name: wicked, isKey: true, spans: [{ fromMs: 0, untilMs: 9, state: wicked, tone: 'good', label: wicked }], series: [] }],
  folded: [],
  marks: [{ atMs: 5, kind: wicked, tone: 'bad', who: wicked, text: wicked, label: wicked, fields: { [wicked]: wicked }, lanes: [0], seeAlso: [] }],
  leftOut: 0,
};

test('nothing in a name or title gets out of its place', () => {
  const page = pageOf(picture, 'run()');
  expect(page.match(/<\/script>/g)).toHaveLength(2);
  expect(page.match(/<script/g)).toHaveLength(2);
  expect(page).not.toContain('<!--');
  expect(page).not.toContain('<img');
  const [, title] = /<title>(.*)<\/title>/s.exec(page)!;
  expect(title).not.toMatch(/[<>"]/);
  const [, data] = /<script type="application\/json" id="picture">(.*)<\/script>\n<script>/s.exec(page)!;
  expect(JSON.parse(data!)).toEqual(picture);
});

test('the page forbids itself to fetch anything, and refers to nothing outside', () => {
  const page = pageOf({ ...picture, title: 'plain', story: '' }, browserScript());
  expect(page).toContain("default-src 'none'");
  expect(page).not.toMatch(/\b(src|href)\s*=\s*["'](?!data:)/);
  expect(page).not.toMatch(/https?:\/\//);
  expect(page).not.toMatch(/\b(fetch|XMLHttpRequest|WebSocket|EventSource|import)\s*\(/);
});
