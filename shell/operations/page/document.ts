import { createHash } from 'node:crypto';
import type { HeaderLines, Reply } from '../../http/message/reply.ts';
import { pageScript } from './script.ts';
import { styleSheet } from './style.ts';

/** Two pages: for everybody, and for operators. */
export type PageAt = 'page' | 'admin/page';

interface Document {
  readonly headers: HeaderLines;
  readonly body: string;
}

const made = new Map<PageAt, Document>();

/** The page, which needs nothing but itself and the events below its address. */
export function pageReply(at: PageAt): Reply {
  const document = made.get(at) ?? documentAt(at);
  made.set(at, document);
  return { status: 200, contentType: 'text/html; charset=utf-8', ...document };
}

function documentAt(at: PageAt): Document {
  const style = styleSheet;
  const script = pageScript().replaceAll('</script', String.raw`<\/script`);
  const body = `<!doctype html>
<html lang="en" data-at="/${at}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>Davecast</title>
<style>${style}</style>
</head>
<body>
<div id="page"><noscript><p>This page needs JavaScript. <a href="/status.xsl">The status page</a> does not.</p></noscript></div>
<script>${script}</script>
</body>
</html>
`;
  return { body, headers: [['Content-Security-Policy', policy(style, script)], ['X-Content-Type-Options', 'nosniff'], ['Referrer-Policy', 'same-origin']] };
}

/** Nothing is fetched but from here, nothing runs but our script, and no other page can have this one in a frame. */
function policy(style: string, script: string): string {
  return [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
