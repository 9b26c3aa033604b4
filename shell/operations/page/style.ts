/** Light and dark, as the system is. Each text has a contrast of at least 4.5:1 on what it stands on, and each sign 3:1. */
export const styleSheet: string = `
:root {
  color-scheme: light;
  --ground: #f3f5f8; --panel: #ffffff; --raised: #eef1f5; --rule: #d3d9e1; --ink: #16202b; --quiet: #55616f; --accent: #0b57a8;
  --good: #1d6a38; --good-fill: #d5ead9; --bad: #a81f14; --bad-fill: #fbdad5; --warn: #7a5200; --warn-fill: #ffedb5; --news: #0b57a8;
  --onair: #1f8a4c; --standby: #8fb3d9; --unfit: #b9a7c9; --silent: #e0a100; --stalled: #d4572a; --lost: #b3261a; --lane: #e6eaf0; --hatch: #16202b; --switch: #16202b;
}
@media (prefers-color-scheme: dark) {
  :root {
    color-scheme: dark;
    --ground: #0d1218; --panel: #161e27; --raised: #212c38; --rule: #33404e; --ink: #eef3f8; --quiet: #a5b2c0; --accent: #7cc0ff;
    --good: #6fd892; --good-fill: #16351f; --bad: #ff9a8f; --bad-fill: #4a1712; --warn: #ffd35c; --warn-fill: #403207; --news: #7cc0ff;
    --onair: #35b56a; --standby: #47709d; --unfit: #6d5c80; --silent: #c79613; --stalled: #d9693f; --lost: #ff7a6b; --lane: #222d39; --hatch: #0d1218; --switch: #ffffff;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
#page { max-width: 1100px; margin: 0 auto; padding: 0 12px 40px; }
[hidden] { display: none !important; }
.definitions { position: absolute; }
header { position: sticky; top: 0; z-index: 2; background: var(--ground); display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 4px 12px; align-items: center; padding: 12px 0 10px; border-bottom: 1px solid var(--rule); margin-bottom: 12px; }
h1 { font-size: 19px; margin: 0; line-height: 1.2; overflow-wrap: anywhere; }
h2 { font-size: 13px; text-transform: uppercase; letter-spacing: .06em; color: var(--quiet); margin: 22px 2px 8px; font-weight: 600; }
h3 { font-size: 17px; margin: 0; overflow-wrap: anywhere; flex: 1 1 auto; }
p { margin: 0; }
header .about, .now { color: var(--quiet); font-size: 13px; font-variant-numeric: tabular-nums; }
.now { text-align: right; }
.verdict { font-weight: 650; padding: 7px 12px; border-radius: 8px; grid-column: 1 / -1; background: var(--raised); }
.verdict.good { background: var(--good-fill); color: var(--good); }
.verdict.warn { background: var(--warn-fill); color: var(--warn); }
.verdict.bad { background: var(--bad-fill); color: var(--bad); }
.connection { grid-column: 1 / -1; font-weight: 650; color: var(--bad); }
.connection:empty, .answer:empty, .title:empty, .figures:empty, .ended:empty, .tools:empty { display: none; }
header .right { display: flex; gap: 10px; align-items: center; } section > .tools { display: flex; gap: 8px; flex-wrap: wrap; }
body.old main, .member.old .cards, .member.old section { opacity: .5; }
button, .button { font: inherit; font-size: 15px; color: var(--ink); background: var(--raised); border: 1px solid var(--rule); border-radius: 8px; padding: 6px 12px; min-height: 40px; cursor: pointer; text-decoration: none; display: inline-flex; align-items: center; }
button:hover, .button:hover { border-color: var(--accent); }
button.armed { background: var(--bad-fill); color: var(--bad); border-color: var(--bad); font-weight: 650; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 6px; }
ul, ol { list-style: none; margin: 0; padding: 0; }
.problems li { display: grid; grid-template-columns: 22px minmax(0, 1fr); gap: 0 6px; padding: 8px 10px; margin-bottom: 6px; border-radius: 8px; background: var(--panel); border-left: 4px solid var(--rule); overflow-wrap: anywhere; }
.problems .since { grid-column: 2; color: var(--quiet); font-size: 13px; font-variant-numeric: tabular-nums; }
.problems .bad { border-color: var(--bad); } .problems .bad .sign { color: var(--bad); }
.problems .warn { border-color: var(--warn); } .problems .warn .sign { color: var(--warn); }
.problems .note .sign { color: var(--quiet); }
.card { background: var(--panel); border: 1px solid var(--rule); border-radius: 10px; padding: 12px; }
.cards { display: grid; gap: 10px; }
.mount { padding: 0; border-left-width: 4px; }
.mount.bad { border-left-color: var(--bad); } .mount.warn { border-left-color: var(--warn); } .mount.good, .mount.note { border-left-color: var(--onair); }
summary { cursor: pointer; }
.mount > summary { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: center; padding: 10px 12px; list-style: none; min-height: 44px; }
.mount > summary::-webkit-details-marker { display: none; }
.mount > summary::after { content: '▸'; color: var(--quiet); } .mount[open] > summary::after { content: '▾'; }
.mount > .body { padding: 0 12px 12px; display: grid; gap: 6px; }
.badge { font-size: 13px; font-weight: 650; padding: 2px 9px; border-radius: 99px; background: var(--raised); white-space: nowrap; }
.badge.good { background: var(--good-fill); color: var(--good); } .badge.bad { background: var(--bad-fill); color: var(--bad); } .badge.warn { background: var(--warn-fill); color: var(--warn); }
.listening { color: var(--quiet); font-size: 14px; white-space: nowrap; font-variant-numeric: tabular-nums; }
.title { font-size: 15px; overflow-wrap: anywhere; }
.figures { color: var(--quiet); font-size: 14px; overflow-wrap: anywhere; }
.ended { color: var(--bad); font-size: 15px; }
.lanes { display: grid; gap: 10px; margin-top: 6px; }
.lanes .about { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 8px; align-items: center; margin-bottom: 3px; }
.lanes .name { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.lanes .state { grid-row: 2; font-size: 14px; } .lanes .more { grid-row: 3; grid-column: 1 / -1; font-size: 13px; color: var(--quiet); overflow-wrap: anywhere; }
.lanes .side { grid-row: 1 / 3; grid-column: 2; }
.state.good, .state.onair { color: var(--good); font-weight: 650; } .state.bad, .state.lost, .state.stalled { color: var(--bad); font-weight: 650; } .state.silent, .state.fallback { color: var(--warn); font-weight: 650; } .state.unfit, .state.off, .state.quiet { color: var(--quiet); }
svg.lane { display: block; width: 100%; height: 22px; background: var(--lane); border-radius: 4px; }
rect.standby { fill: var(--standby); } rect.onair { fill: var(--onair); } rect.unfit { fill: var(--unfit); } rect.silent { fill: var(--silent); } rect.stalled { fill: var(--stalled); } rect.lost { fill: var(--lost); } rect.fallback { fill: var(--silent); }
.stroke { stroke: var(--hatch); stroke-width: 1.5; fill: none; opacity: .75; }
.mark { stroke: var(--switch); stroke-width: 2; stroke-dasharray: 3 2; } .mark.fallback-entered { stroke: var(--bad); stroke-dasharray: none; }
.axis { display: flex; justify-content: space-between; color: var(--quiet); font-size: 12px; margin-top: 3px; }
.fold { font-size: 14px; } .fold > summary { color: var(--accent); padding: 8px 0; }
.marks li, .events li { padding: 6px 0 6px 10px; border-left: 3px solid var(--rule); margin-bottom: 4px; overflow-wrap: anywhere; font-size: 14px; }
.marks li.bad, .events li.bad { border-color: var(--bad); } .marks li.warn, .events li.warn { border-color: var(--warn); } .marks li.good { border-color: var(--onair); } .marks li.news { border-color: var(--news); }
time { color: var(--quiet); font-variant-numeric: tabular-nums; margin-right: 8px; }
.marks .error, .events .next { display: block; color: var(--quiet); font-size: 13px; }
.paths li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 8px; padding: 6px 0; border-bottom: 1px solid var(--rule); } .paths li:last-child { border: 0; }
.paths .name { overflow-wrap: anywhere; } .paths .more { grid-column: 1 / -1; color: var(--quiet); font-size: 13px; }
.listeners li { display: flex; gap: 8px; align-items: center; justify-content: space-between; padding: 4px 0; } .listeners .who { overflow-wrap: anywhere; min-width: 0; }
.legend li { display: grid; grid-template-columns: 60px minmax(0, 1fr); gap: 10px; align-items: center; padding: 4px 0; }
.quiet { color: var(--quiet); }
.member { margin-top: 26px; border-top: 1px solid var(--rule); padding-top: 4px; } .member > h2 { text-transform: none; letter-spacing: 0; font-size: 15px; overflow-wrap: anywhere; } .member > h2 a { color: var(--accent); } .member .role { font-weight: 400; } .member .cards + section { margin-top: 10px; }
.answer { position: fixed; left: 12px; right: 12px; bottom: 12px; z-index: 3; max-width: 640px; margin: 0 auto; padding: 12px 16px; border-radius: 10px; font-weight: 600; box-shadow: 0 4px 20px #0006; }
.answer.good { background: var(--good-fill); color: var(--good); } .answer.bad { background: var(--bad-fill); color: var(--bad); }
@media (min-width: 760px) {
  #page { padding: 0 24px 60px; }
  .lanes li { display: grid; grid-template-columns: 260px minmax(0, 1fr); gap: 12px; align-items: center; }
  .axis { margin-left: 272px; }
  .problems li { grid-template-columns: 22px minmax(0, 1fr) auto; } .problems .since { grid-column: 3; text-align: right; }
  header { grid-template-columns: minmax(0, 1fr) auto auto; } .verdict { grid-column: auto; } .now { text-align: right; }
}
`;
