import { join } from 'node:path';

/**
 * The file of a module of this package as it is built, such as `shell/bin/davecast`. Node.js starts it with half the processor
 * time of its source, which needs a loader for TypeScript; and it is what users start.
 */
export function built(module: string): string {
  return join(import.meta.dirname, '../../dist', `${module}.js`);
}
