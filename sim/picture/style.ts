import { schemes, type Scheme } from './colours.ts';
import { markTones } from './data.ts';

/** The page's style sheet, for both schemes: the system's until somebody chooses. */
export function styleSheet(): string {
  return [
    `:root { color-scheme: light; ${variables(schemes.light)} }`,
    `@media (prefers-color-scheme: dark) { :root:not([data-scheme=light]) { color-scheme: dark; ${variables(schemes.dark)} } }`,
    `:root[data-scheme=dark] { color-scheme: dark; ${variables(schemes.dark)} }`,
    ...markTones.map((tone) => `.${tone} { --tone: var(--mark-${tone}); }`),
    layout,
  ].join('\n');
}

function variables({ ground, panel, raised, rule, ink, quiet, accent, marks, spans }: Scheme): string {
  const plain = { ground, panel, raised, rule, ink, quiet, accent };
  const named = [
    ...Object.entries(plain).map(([name, colour]) => [name, colour] as const),
    ...markTones.map((tone) => [`mark-${tone}`, marks[tone]] as const),
    ...(['good', 'bad'] as const).flatMap((tone) => [[`${tone}-fill`, spans[tone][0]] as const, [`${tone}-line`, spans[tone][1]] as const]),
  ];
  return named.map(([name, colour]) => `--${name}: ${colour};`).join(' ');
}

const layout = `
* { box-sizing: border-box; }
html, body { margin: 0; height: 100%; }
body { background: var(--ground); color: var(--ink); font: 13px/1.4 system-ui, sans-serif; }
#page { display: grid; grid-template-rows: auto minmax(0, 1fr); height: 100vh; }
header { display: flex; gap: 16px; justify-content: space-between; align-items: start; padding: 10px 14px 8px; border-bottom: 1px solid var(--rule); background: var(--panel); }
h1 { font-size: 17px; margin: 0; display: flex; gap: 10px; align-items: center; flex-wrap: wrap; }
h2 { font-size: 13px; margin: 0 0 4px; }
p { margin: 2px 0; overflow-wrap: anywhere; }
#verdict { font-size: 12px; padding: 1px 9px; border-radius: 10px; border: 1px solid var(--rule); }
#verdict.good { background: var(--good-fill); border-color: var(--good-line); color: var(--ink); }
#verdict.bad { background: var(--bad-fill); border-color: var(--bad-line); color: var(--ink); }
.summary { margin: 4px 0; padding: 0; list-style: none; max-height: 5.8em; overflow-y: auto; font-weight: 600; }
.facts { color: var(--quiet); display: flex; flex-wrap: wrap; gap: 2px 16px; }
.facts b { font-weight: 600; font-variant-numeric: tabular-nums; }
nav { display: flex; gap: 8px; flex-wrap: wrap; justify-content: end; flex: none; max-width: 52%; }
.pair { display: inline-flex; align-items: center; gap: 4px; }
button { font: inherit; color: var(--ink); background: var(--raised); border: 1px solid var(--rule); border-radius: 5px; padding: 2px 9px; min-height: 28px; cursor: pointer; }
button:hover { border-color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
main { display: grid; grid-template-columns: minmax(0, 1fr) clamp(280px, 30vw, 460px); min-height: 0; }
.stage { display: grid; grid-template-rows: auto auto minmax(0, 1fr); min-height: 0; min-width: 0; --gutter: clamp(110px, 14vw, 190px); }
.over { display: grid; grid-template-columns: var(--gutter) minmax(0, 1fr); align-items: center; border-bottom: 1px solid var(--rule); }
.over span { padding: 0 8px; color: var(--quiet); font-size: 11.5px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
canvas { display: block; width: 100%; touch-action: none; }
#scroller { overflow-y: auto; overflow-x: hidden; min-height: 0; position: relative; }
.inner { position: relative; min-height: 100%; }
#lanes { position: sticky; top: 0; margin-left: var(--gutter); width: calc(100% - var(--gutter)); cursor: grab; }
.names { position: absolute; inset: 0 auto auto 0; width: var(--gutter); }
.name, .heading { position: absolute; left: 0; width: 100%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; border: 0; border-bottom: 1px solid var(--rule); border-radius: 0; display: flex; align-items: center; padding: 0 8px 0 18px; font-size: 12px; min-height: 0; }
.heading { font-weight: 600; background: var(--panel); padding-left: 6px; text-align: left; }
.heading::before { content: '▾'; width: 13px; flex: none; }
.heading[aria-expanded=false]::before { content: '▸'; }
aside { display: grid; grid-template: minmax(0, 1fr) minmax(0, 38%) / minmax(0, 1fr); border-left: 1px solid var(--rule); min-height: 0; }
.list { display: grid; grid-template: auto minmax(0, 1fr) / minmax(0, 1fr); min-height: 0; }
.controls { display: flex; gap: 6px; padding: 6px 8px; align-items: center; border-bottom: 1px solid var(--rule); background: var(--panel); }
select, input { font: inherit; color: var(--ink); background: var(--raised); border: 1px solid var(--rule); border-radius: 5px; padding: 3px 6px; min-width: 0; flex: 1 1 0; }
#count { color: var(--quiet); white-space: nowrap; font-size: 12px; font-variant-numeric: tabular-nums; }
#events { overflow-y: auto; position: relative; }
.rows { position: relative; }
.row { position: absolute; left: 0; right: 0; height: 24px; padding: 0 8px; display: flex; gap: 7px; align-items: center; white-space: nowrap; cursor: pointer; font-size: 12px; border-left: 3px solid transparent; }
.row:hover { background: var(--panel); }
.row.outside { color: var(--quiet); }
.row.chosen { background: var(--panel); border-left-color: var(--accent); }
.row time { font-variant-numeric: tabular-nums; min-width: 56px; text-align: right; flex: none; }
.row b { font-weight: 600; flex: none; max-width: 96px; overflow: hidden; text-overflow: ellipsis; }
.row span { overflow: hidden; text-overflow: ellipsis; }
.sign { width: 9px; height: 9px; flex: none; background: var(--tone); }
.bad .sign { border-radius: 50%; }
.switch .sign { transform: rotate(45deg); }
.fault .sign { clip-path: polygon(0 0, 100% 0, 50% 100%); }
.repair .sign { clip-path: polygon(0 100%, 100% 100%, 50% 0); }
.loss .sign { clip-path: polygon(0 20%, 20% 0, 50% 30%, 80% 0, 100% 20%, 70% 50%, 100% 80%, 80% 100%, 50% 70%, 20% 100%, 0 80%, 30% 50%); }
.routine .sign { width: 2px; margin: 0 3.5px; }
#details { border-top: 1px solid var(--rule); padding: 8px 12px; overflow-y: auto; background: var(--panel); }
#details .legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 2px 16px; }
.legend li { display: inline-flex; gap: 7px; align-items: center; }
#details ul { margin: 4px 0; padding-left: 16px; }
.link { border: 0; background: none; padding: 0; min-height: 0; color: var(--accent); text-decoration: underline; text-align: left; }
.event { border-left: 3px solid var(--tone); padding-left: 7px; }
dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 10px; margin: 3px 0; font-size: 12px; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
#tooltip { position: fixed; z-index: 9; max-width: min(440px, 90vw); padding: 7px 10px; background: var(--raised); color: var(--ink); border: 1px solid var(--rule); border-radius: 6px; box-shadow: 0 4px 16px #0005; pointer-events: none; font-size: 12px; }
#tooltip[hidden] { display: none; }
.where { color: var(--quiet); margin-bottom: 3px; }
@media (max-width: 760px) {
  main { grid-template-columns: minmax(0, 1fr); grid-template-rows: minmax(0, 3fr) minmax(0, 2fr); }
  aside { border-left: 0; border-top: 1px solid var(--rule); }
  header { flex-direction: column; }
  nav { max-width: none; justify-content: start; }
  .hint { visibility: hidden; }
}`;
