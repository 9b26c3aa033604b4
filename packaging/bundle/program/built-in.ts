import type { ThreadName } from '../../../shell/process/start-thread.ts';

/** What bundle.ts knows when it bundles. */
export interface BuiltIn {
  /** As in package.json. */
  readonly version: string;
  /** Each thread as the text of a CommonJS module. */
  readonly threads: Readonly<Record<ThreadName, string>>;
  /** Of the page at `/`. */
  readonly pageScript: string;
}

/** bundle.ts puts a module with the value in place of this one. */
export declare const builtIn: BuiltIn;
