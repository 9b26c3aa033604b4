import type { ThreadName } from '../../../shell/process/start-thread.ts';

/** What build.ts puts in place of these names. */
declare const DAVECAST_VERSION: string;
declare const DAVECAST_THREADS: Readonly<Record<ThreadName, string>>;

/** As in package.json. */
export const builtInVersion: string = DAVECAST_VERSION;
/** Each thread as the text of a CommonJS module. */
export const builtInThreads: Readonly<Record<ThreadName, string>> = DAVECAST_THREADS;
