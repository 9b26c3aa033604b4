import type { Format } from './scrape.ts';

export const contentTypes: Readonly<Record<Format, string>> = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
};

/** What a client takes best of the two (RFC 9110, 12.5.1): the older one for whoever does not ask for OpenMetrics, a browser say. */
export function formatFor(accept: string | undefined): Format {
  let openmetrics = 0;
  let text = 0;
  for (const { name, parameters, weight } of partsOf(accept)) {
    const version = parameters.get('version') ?? '1.0.0';
    if (name === 'application/openmetrics-text' && version === '1.0.0') openmetrics = Math.max(openmetrics, weight);
    else if (name === 'text/plain') text = Math.max(text, weight);
  }
  return openmetrics > 0 && openmetrics >= text ? 'openmetrics' : 'prometheus';
}

export function takesGzip(acceptEncoding: string | undefined): boolean {
  return partsOf(acceptEncoding).some(({ name, weight }) => name === 'gzip' && weight > 0);
}

interface Part {
  readonly name: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly weight: number;
}

function partsOf(header = ''): readonly Part[] {
  return header.split(',').map((part) => {
    const [name = '', ...rest] = part.split(';').map((piece) => piece.trim().toLowerCase());
    const parameters = new Map(rest.map((piece) => {
      const [key = '', value = ''] = piece.split('=', 2);
      return [key.trim(), value.trim().replaceAll('"', '')] as const;
    }));
    const weight = Number(parameters.get('q') ?? '1');
    return { name, parameters, weight: Number.isNaN(weight) ? 0 : weight };
  });
}
