/** What build.ts puts in place of these names. */
declare const DAVECAST_VERSION: string;
declare const DAVECAST_THREAD: string;

/** As in package.json. */
export const builtInVersion: string = DAVECAST_VERSION;
/** The thread of the watchdog, as the text of a CommonJS module. */
export const builtInThread: string = DAVECAST_THREAD;
