import type { Picture } from './data.ts';
import { styleSheet } from './style.ts';

/** Nothing may be fetched, from nowhere; what the page needs is in it. */
const POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";

/** A page that shows the picture and needs nothing else. `script` is the code of `browser/`, as one file. */
export function pageOf(picture: Picture, script: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escaped(picture.title)}</title>
<style>${styleSheet()}</style>
</head>
<body>
<div id="page"></div>
<script type="application/json" id="picture">${jsonInScript(picture)}</script>
<script>${script.replaceAll('</script', String.raw`<\/script`)}</script>
</body>
</html>
`;
}

/** Names and titles come from anywhere: within a script element only `<` could end it, or hide its end. */
function jsonInScript(picture: Picture): string {
  return JSON.stringify(picture).replaceAll('<', String.raw`\u003c`);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
