import { describe, expect, it } from 'vitest';
import { formatFor, takesGzip } from '../../../../shell/operations/metrics/accept.ts';

describe('the form of metrics', () => {
  it.each([
    [undefined, 'prometheus'],
    ['*/*', 'prometheus'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'prometheus'],
    // Prometheus 2.42, and 2.53.
    ['application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1', 'openmetrics'],
    ['application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2', 'openmetrics'],
    ['application/openmetrics-text; version="1.0.0"', 'openmetrics'],
    ['Application/OpenMetrics-Text', 'openmetrics'],
    ['application/openmetrics-text;version=0.0.1', 'prometheus'],
    ['application/openmetrics-text;q=0', 'prometheus'],
    ['application/openmetrics-text;q=0.3, text/plain;q=0.6', 'prometheus'],
    ['application/openmetrics-text;q=what', 'prometheus'],
    [',;=,', 'prometheus'],
  ])('for Accept: %s is %s', (accept, format) => {
    expect(formatFor(accept)).toBe(format);
  });

  it.each([[undefined, false], ['gzip', true], ['br, GZIP;q=0.5', true], ['gzip;q=0', false], ['identity', false]])('is compressed for Accept-Encoding: %s: %s', (encoding, isSmall) => {
    expect(takesGzip(encoding)).toBe(isSmall);
  });
});
